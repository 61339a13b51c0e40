import type { LmFailureCode } from "../../lm/failure.ts";
import { LmError } from "../../lm/failure.ts";
import type { LmSampling } from "../../lm/sampling.ts";
import type { Program } from "../../programs/program.ts";

/** What sets one proposal apart from others that are asked alike. */
export type AskOptions = Pick<LmSampling, "rolloutId" | "temperature">;

/**
 * Makes one prediction on the client that proposes (a port): bare in a test, an effect of a search in a job. Options are laid
 * over the program's own. Resolves with the outputs, and rejects as `forward` does.
 */
export type Ask = <Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: AskOptions,
) => Promise<Readonly<Outputs>>;

/** The call was made, and no answer came of it that says anything: another one may do. */
const NO_ANSWER: ReadonlySet<LmFailureCode> = new Set<LmFailureCode>([
  "unparsable_output",
  "cut_off",
  "content_filter",
  "context_too_long",
]);

/**
 * The outputs, or undefined where the model gave none, or none came through all retries: that costs the call and nothing
 * else, and a search is not lost by a server's bad minute. What would befall every other call as well, whenever it is made (a
 * wrong key, a client that is not there, a budget that is spent, a caller who is gone), is the caller's to know.
 *
 * Asks at once, so that those who call it in an order ask in that order.
 */
export function answerOf<Inputs extends object, Outputs extends object>(
  ask: Ask,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: AskOptions = {},
): Promise<Readonly<Outputs> | undefined> {
  return ask(program, inputs, options).catch((thrown: unknown) => {
    if (thrown instanceof LmError && (thrown.retryable || NO_ANSWER.has(thrown.code))) return undefined;
    throw thrown;
  });
}
