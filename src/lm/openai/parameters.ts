import type { LmRequest } from "../language-model.ts";
import type { LmSampling } from "../sampling.ts";

/** A sampling option that stands in the body under a name of its own, as it is. */
interface Parameter {
  readonly option: keyof LmSampling;
  readonly name: string;
  /** `"plain"`: reasoning models refuse it; `"reasoning"`: only they know it. Default: all take it. */
  readonly models?: "plain" | "reasoning";
  /** The one protocol that has it. Default: both. */
  readonly only?: "chat" | "responses";
}

/** Token limits and log probabilities are written otherwise; the Responses API has the effort elsewhere, and not the rest. */
const PARAMETERS = [
  { option: "temperature", name: "temperature", models: "plain" },
  { option: "topP", name: "top_p", models: "plain" },
  // Where they are not sent, the text is cut at the stop strings by the reader instead.
  { option: "stop", name: "stop", models: "plain", only: "chat" },
  { option: "seed", name: "seed", only: "chat" },
  { option: "n", name: "n", only: "chat" },
  { option: "reasoningEffort", name: "reasoning_effort", models: "reasoning", only: "chat" },
] as const satisfies readonly Parameter[];

export type ParameterName = (typeof PARAMETERS)[number]["name"];

/** Where each stands in a body. */
export const PARAMETER_PLACES = Object.freeze(
  // Each entry was just made from a name.
  Object.fromEntries(PARAMETERS.map(({ name }) => [name, [name]])) as unknown as Record<
    ParameterName,
    readonly string[]
  >,
);

/** What is known of a model and its server. */
interface Taking {
  readonly reasoning: boolean;
  readonly refused?: { has(name: ParameterName, value?: unknown): boolean };
}

/** The parameters of a request that its model takes, as far as is known. */
export function writeParameters(
  request: LmRequest,
  { reasoning, refused }: Taking,
  protocol: "chat" | "responses",
): object {
  const body: Record<string, unknown> = {};
  for (const { option, name, ...about } of PARAMETERS) {
    const { models, only }: Omit<Parameter, "option" | "name"> = about;
    const value = request[option];
    const taken = models === undefined || models === (reasoning ? "reasoning" : "plain");
    if (!taken || !says(option, value) || (only !== undefined && only !== protocol)) continue;
    if (!refused?.has(name, value)) body[name] = value;
  }
  return body;
}

/** One completion is what comes anyway, and no stop strings stop nothing. */
function says(option: keyof LmSampling, value: unknown): boolean {
  if (value === undefined || (option === "n" && value === 1)) return false;
  return !Array.isArray(value) || value.length > 0;
}
