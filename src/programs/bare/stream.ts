import { callSite } from "../../foundation/call-site.ts";
import { checkForwardOptions, forwardTelling } from "./forward.ts";
import type { ForwardOptions } from "./forward-options.ts";
import type { Program } from "../program.ts";
import { type ProgramInputs, programStream, type ProgramStream } from "../program-stream.ts";

/**
 * Runs a program bare, as {@link forward} does, and tells by field what its models write while they write it.
 *
 *     for await (const item of stream(qa, { question }, { clients })) {
 *       if (item.type === "part") process.stdout.write(item.delta);
 *       else console.log(item.prediction.answer);
 *     }
 *
 * A request that fails is made again only if nothing of its answer has been told, and an answer that cannot be read is
 * asked for again only then. What a field's parts say is its value, but for answers so odd that what they mean shows only
 * at their end (a JSON key that comes twice): the prediction is what counts.
 *
 * @throws UsageError for what is no program, and for options that make no sense; while iterating, what {@link forward} rejects with
 */
export function stream<const P extends Program>(
  program: P,
  inputs: NoInfer<ProgramInputs<P>>,
  options: ForwardOptions,
): ProgramStream<P> {
  checkForwardOptions("stream", options);
  const site = callSite(stream);
  return programStream(program, options.signal, (parts, signal) =>
    forwardTelling(program, inputs, { ...options, signal }, site, parts),
  );
}
