import { z } from "zod";
import { asError, describe, DspexError, stackless, UsageError } from "../../foundation/errors.ts";
import { LM_FAILURES, LmError } from "../../lm/failure.ts";
import type { LmErrorOptions, LmFailureCode } from "../../lm/failure.ts";
import { NUMBER_SCHEMA, RATE_LIMIT_SCHEMA } from "../../lm/strict-data.ts";
import { RunError } from "../outcome.ts";
import type { RunErrorCode } from "../outcome.ts";
import { fromSavedJson, toSavedJson } from "../saved/saved-json.ts";

/** Causes of causes that are told. */
const DEEPEST = 8;

const ERROR = z.strictObject({
  kind: z.enum(["error", "usage"]),
  name: z.string(),
  message: z.string(),
  get cause() {
    return FAILURE.exactOptional();
  },
});

const OWN = ERROR.extend({
  kind: z.literal("dspex"),
  code: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()),
});

const RUN_CODES: Readonly<Record<RunErrorCode, true>> = { misuse: true, run_crashed: true, program_down: true };

const RUN = OWN.extend({
  kind: z.literal("run"),
  code: z.custom<RunErrorCode>((code) => typeof code === "string" && Object.hasOwn(RUN_CODES, code)),
});

const LM = OWN.extend({
  kind: z.literal("lm"),
  code: z.custom<LmFailureCode>((code) => typeof code === "string" && Object.hasOwn(LM_FAILURES, code)),
  provider: z.string().exactOptional(),
  status: z.number().exactOptional(),
  requestId: z.string().exactOptional(),
  retryAfterMs: NUMBER_SCHEMA.exactOptional(),
  rateLimit: RATE_LIMIT_SCHEMA.exactOptional(),
});

/** A failure in a record, its causes included. */
export interface FailureJson {
  /** Which class of error reads it: `error` for all that is not the library's. */
  readonly kind: "lm" | "run" | "dspex" | "usage" | "error";
  /** Of the class that was thrown, one of the user's own, too. */
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly provider?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly rateLimit?: object;
  readonly cause?: FailureJson;
}

export const FAILURE: z.ZodType<FailureJson> = z.lazy(
  // Each is one of the kinds that the interface sums up.
  () => z.discriminatedUnion("kind", [LM, RUN, OWN, ERROR]) as unknown as z.ZodType<FailureJson>,
);

/**
 * What was thrown, as data: its name, its words, its causes; of a `DspexError` all that it knows. Details that are no data
 * (an Error, a function) are told in words. Stacks stay behind: they are about this process.
 */
export function failureJson(thrown: unknown, depth = 0): FailureJson {
  const error = asError(thrown);
  const { name, message, cause } = error;
  // What is no Error is told as one, whose cause it is itself.
  const ends = cause === undefined || error !== thrown || depth >= DEEPEST;
  const because = ends ? {} : { cause: failureJson(cause, depth + 1) };
  if (!(error instanceof DspexError))
    return { kind: error instanceof UsageError ? "usage" : "error", name, message, ...because };
  const { code, retryable, details } = error;
  const known = { name, message, code, retryable, details: inWords(details), ...because };
  if (error instanceof RunError) return { kind: "run", ...known };
  if (!(error instanceof LmError)) return { kind: "dspex", ...known };
  const { provider, status, requestId, retryAfterMs, rateLimit } = error;
  return defined({ kind: "lm", ...known, provider, status, requestId, retryAfterMs, rateLimit });
}

function inWords(details: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(details).flatMap(([key, value]: [string, unknown]) =>
    value === undefined ? [] : [[key, dataOrWords(value)]],
  );
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
}

function dataOrWords(value: unknown): unknown {
  try {
    return fromSavedJson(toSavedJson(value, "details"));
  } catch {
    return describe(value, 1000);
  }
}

/** The failure that the data tells of, of the library's own class where it has one. */
export function failureOf(json: FailureJson): Error {
  const { kind, name, message } = json;
  const cause = json.cause && failureOf(json.cause);
  const about = { cause, retryable: json.retryable ?? false, details: json.details ?? {} };
  return named(
    stackless(() => {
      switch (kind) {
        case "lm":
          return new LmError(message, { ...lmFacts(json), ...about });
        case "run":
          // The schema has looked at it.
          return new RunError(message, { code: json.code as RunErrorCode, ...about });
        case "dspex":
          return new DspexError(message, { code: json.code ?? "", ...about });
        case "usage":
          return new UsageError(message, cause && { cause });
        case "error":
          return new Error(message, cause && { cause });
      }
    }),
    name,
  );
}

function lmFacts(json: FailureJson): LmErrorOptions {
  const { code, provider, status, requestId, retryAfterMs, rateLimit } = json;
  // The schema has looked at each.
  return defined({ code, provider, status, requestId, retryAfterMs, rateLimit }) as LmErrorOptions;
}

/** Under the name of the class that was thrown, which nobody here may know. */
function named(error: Error, name: string): Error {
  return error.name === name ? error : Object.defineProperty(error, "name", { value: name });
}

function defined<Facts extends object>(facts: Facts): { [Key in keyof Facts]: Exclude<Facts[Key], undefined> } {
  const there = Object.entries(facts).filter(([, value]) => value !== undefined);
  // What is left out is optional in what is made of it.
  return Object.fromEntries(there) as { [Key in keyof Facts]: Exclude<Facts[Key], undefined> };
}
