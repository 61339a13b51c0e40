import { digest } from "../../foundation/digest.ts";
import { LmError } from "../failure.ts";
import type { LmResponseFormat } from "../language-model.ts";
import { PARAMETER_PLACES } from "./parameters.ts";
import { memberOf } from "../read-json.ts";
import { formatTurnedDown, isAboutValue, parametersTurnedDown } from "../said/turned-down.ts";

/** The body of a request, as far as it is looked at again. */
export interface OpenAiBody {
  readonly model: string;
  readonly [setting: string]: unknown;
}

/** Parameters that a request may go without, and where they stand in the bodies of the protocols. */
const PLACES = Object.freeze({
  ...PARAMETER_PLACES,
  /** Written as the other one where one of the two is turned down. */
  max_tokens: ["max_tokens"],
  max_completion_tokens: ["max_completion_tokens"],
  reasoning_effort: ["reasoning_effort", "reasoning.effort"],
  reasoning_summary: ["reasoning.summary"],
  logprobs: ["logprobs", "top_logprobs", "include"],
  parallel_tool_calls: ["parallel_tool_calls"],
  stream_options: ["stream_options"],
  store: ["store"],
} satisfies Readonly<Record<string, readonly string[]>>);

export type RefusedName = keyof typeof PLACES;

/** What a model's server has turned down: found by asking once, and remembered for as long as the model is open. */
export interface Refused {
  /** @param value where only some values of it are turned down: the one in question */
  has(name: RefusedName, value?: unknown): boolean;
  /** What is left of a format: a schema becomes JSON of any kind, and that nothing. */
  format(format: LmResponseFormat): LmResponseFormat | undefined;
  /**
   * The failure as it is, or, where it says that something in the body that was sent is not to be had, one that may be
   * retried at once, with that in `details.unsupported`: the next body is written without it. What the caller laid over
   * the body is the caller's affair.
   */
  learn(failure: LmError, sent: OpenAiBody, extraBody: Readonly<Record<string, unknown>> | undefined): LmError;
}

/** Schemas that are remembered one by one; a program has a few. */
const MOST_SCHEMAS = 200;

export function makeRefused(): Refused {
  const names = new Set<string>();
  const schemas = new Set<string>();
  /** Those of which one value was turned down. */
  const values = new Set<RefusedName>();

  const format = (wanted: LmResponseFormat): LmResponseFormat | undefined => {
    const asSchema =
      wanted.type === "json_schema" &&
      !names.has("json_schema") &&
      !(schemas.size > 0 && schemas.has(nameOfSchema(wanted.schema)));
    if (asSchema) return wanted;
    return names.has("json_object") ? undefined : { type: "json_object" };
  };

  /** Whether it was sent, and so is left out from now on. */
  const forgo = (name: RefusedName, place: string | undefined, aboutValue: boolean, sent: OpenAiBody): boolean => {
    if (place === undefined) return false;
    // Another value may do: a model has its own list of efforts, its own bounds. Not where only its default does, and
    // not where a second one was turned down.
    const oneValue = aboutValue && (name === "reasoning_effort" || !values.has(name));
    values.add(name);
    names.add(oneValue ? `${name}=${String(at(sent, place))}` : name);
    return true;
  };

  const rememberSchema = (schema: unknown): void => {
    const [oldest] = schemas;
    if (schemas.size >= MOST_SCHEMAS && oldest !== undefined) schemas.delete(oldest);
    schemas.add(nameOfSchema(schema));
  };

  return Object.freeze({
    format,
    has: (name: RefusedName, value?: unknown) =>
      names.has(name) || (value !== undefined && names.has(`${name}=${String(value)}`)),
    learn(failure: LmError, sent: OpenAiBody, extraBody: Readonly<Record<string, unknown>> = {}): LmError {
      const own = (place: string): boolean => at(extraBody, place) === undefined && at(sent, place) !== undefined;
      const type = formatTypeOf(sent);
      const down = type === undefined ? undefined : formatTurnedDown(failure);
      if (type !== undefined && down !== undefined && (own("response_format") || own("text.format"))) {
        if (down === "format") names.add(type);
        else if (type === "json_schema") rememberSchema(schemaOf(sent));
        else return failure;
        return without(failure, type);
      }
      const known = parametersTurnedDown(failure).flatMap((each) => nameOf(each) ?? []);
      const left = known.filter((name) => forgo(name, PLACES[name].find(own), isAboutValue(failure), sent));
      return left.length === 0 ? failure : without(failure, left.join(", "));
    },
  });
}

function without(failure: LmError, unsupported: string): LmError {
  const { provider, status, requestId, rateLimit } = failure;
  return new LmError(`${failure.message}; it is asked without ${unsupported} from now on`, {
    code: "bad_request",
    retryable: true,
    ...(provider !== undefined && { provider }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(rateLimit !== undefined && { rateLimit }),
    details: { ...failure.details, unsupported },
    cause: failure.cause,
  });
}

/** Its places are those in the bodies of both protocols. */
function nameOf(place: string): RefusedName | undefined {
  // The table's keys are its type's.
  const names = Object.keys(PLACES) as RefusedName[];
  return names.find((name) => (PLACES[name] as readonly string[]).includes(place));
}

function formatTypeOf(sent: OpenAiBody): "json_schema" | "json_object" | undefined {
  const type = at(sent, "response_format.type") ?? at(sent, "text.format.type");
  return type === "json_schema" || type === "json_object" ? type : undefined;
}

function schemaOf(sent: OpenAiBody): unknown {
  return at(sent, "response_format.json_schema.schema") ?? at(sent, "text.format.schema");
}

function at(body: unknown, place: string): unknown {
  return place.split(".").reduce(memberOf, body);
}

/** As it is sent. */
function nameOfSchema(schema: unknown): string {
  return digest(JSON.stringify(schema));
}
