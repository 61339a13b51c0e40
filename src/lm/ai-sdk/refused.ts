import type { LmRequest, LmResponseFormat } from "../language-model.ts";
import type { OpenAiBody, Refused, RefusedName } from "../openai/refused.ts";
import type { LmSampling } from "../sampling.ts";

/**
 * What a request may go without, by the names that are remembered. The limit of tokens is not among them: how it is written
 * is the package's affair, and without one an answer may cost anything.
 */
const OPTIONAL = [
  ["temperature", "temperature"],
  ["topP", "top_p"],
  // The text is cut at the stop strings by the reader as well.
  ["stop", "stop"],
  ["seed", "seed"],
  ["reasoningEffort", "reasoning_effort"],
] as const satisfies readonly (readonly [option: keyof LmSampling, name: RefusedName])[];

/** The request without what the server has turned down. */
export function sendable(request: LmRequest, refused: Refused): LmRequest {
  const { responseFormat: wanted, ...rest } = request;
  const left = OPTIONAL.filter(([option, name]) => rest[option] !== undefined && refused.has(name, rest[option]));
  const responseFormat = wanted && refused.format(wanted);
  return {
    ...rest,
    ...Object.fromEntries(left.map(([option]) => [option, undefined])),
    ...(responseFormat && { responseFormat }),
  };
}

/** What was sent that can be done without, where the bodies of OpenAI's protocols have it: what the packages write is theirs. */
export function bodyOf(sent: LmRequest, model: string): OpenAiBody {
  const given = OPTIONAL.filter(([option]) => sent[option] !== undefined);
  return {
    model,
    ...Object.fromEntries(given.map(([option, name]) => [name, sent[option]])),
    ...formatSent(sent.responseFormat),
  };
}

function formatSent(format: LmResponseFormat | undefined): object {
  if (format === undefined) return {};
  const { type } = format;
  return { response_format: type === "json_object" ? { type } : { type, json_schema: { schema: format.schema } } };
}
