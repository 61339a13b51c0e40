import { z } from "zod";
import { UsageError, describe } from "../foundation/errors.ts";
import { nearestName } from "../foundation/nearest-name.ts";

/**
 * How a model is to answer. Who adds an option adds its line here and its row in {@link OPTIONS}; what checks, saves,
 * merges and compares options is made from that table. What an engine calls it, its own file says.
 */
export interface LmSampling {
  /** Left out: the model's own default. */
  readonly temperature?: number | undefined;
  /** Most tokens to generate. Left out: the model's own default. */
  readonly maxTokens?: number | undefined;
  /** Generation ends before any of these. */
  readonly stop?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** Nucleus sampling: only the likeliest tokens that together have this probability. Left out: the model's own default. */
  readonly topP?: number | undefined;
  /** How hard a reasoning model thinks: `minimal`, `low`, `medium`, `high`, … Left out, and with other models: not sent. */
  readonly reasoningEffort?: string | undefined;
  /** Asks for the log probability of each token of the answer. Default false. */
  readonly logprobs?: boolean | undefined;
  /** With `logprobs`: how many other likely tokens to tell at each place, 0 to 20. Default 0. */
  readonly topLogprobs?: number | undefined;
  /** How many completions; default 1. */
  readonly n?: number | undefined;
  /** 1 means none. Left out: the model's own default. Only local models know it. */
  readonly repeatPenalty?: number | undefined;
  /** `false`: the system's cache neither answers this request nor keeps its answer. Never sent. Default true. */
  readonly cache?: boolean | undefined;
  /**
   * Sets this request apart from equal ones in the system's cache, so that it gets an answer of its own (DSPy's
   * `rollout_id`). Never sent: at temperature 0 the model says the same again, so give a temperature with it.
   */
  readonly rolloutId?: number | string | undefined;
  /**
   * Another model of the same server than the client's own: one that was fine-tuned, say. It goes with its predictor's client:
   * where a run has another client asked instead, and where a fallback is, it is left out. A model that serves itself alone
   * fails the request as `bad_request`.
   */
  readonly model?: string | undefined;
}

interface Option<Value> {
  /** What it must be, in words: "temperature must be …". */
  readonly must: string;
  readonly schema: z.ZodType<Value>;
  /** Whether answers to requests that differ in it are different answers to the cache. Default true. */
  readonly inCacheKey?: false;
  /** What two layers say together, each of which may say nothing. Default: the upper one's, else the lower one's. */
  merge?(lower: Value | undefined, upper: Value | undefined): Value | undefined;
}

type Options = { readonly [Name in keyof LmSampling]-?: Option<NonNullable<LmSampling[Name]>> };

const OPTIONS: Options = Object.freeze({
  temperature: { must: "a number from 0", schema: z.number().min(0) },
  maxTokens: { must: "a whole number above 0", schema: z.int().min(1) },
  stop: {
    must: "a list of texts",
    schema: z.array(z.string()).readonly(),
    // A layout may rest on stops of its own. None at all say nothing.
    merge(lower = [], upper = []) {
      const both = new Set([...lower, ...upper]);
      return both.size === 0 ? undefined : Object.freeze([...both]);
    },
  },
  seed: { must: "a whole number", schema: z.int() },
  topP: { must: "a number from 0 to 1", schema: z.number().min(0).max(1) },
  reasoningEffort: { must: 'a word such as "low"', schema: z.string().min(1) },
  logprobs: { must: "true or false", schema: z.boolean() },
  topLogprobs: { must: "a whole number from 0 to 20", schema: z.int().min(0).max(20) },
  n: { must: "a whole number above 0", schema: z.int().min(1) },
  repeatPenalty: { must: "a number above 0", schema: z.number().gt(0) },
  cache: { must: "true or false", schema: z.boolean(), inCacheKey: false },
  rolloutId: { must: "a number or a text", schema: z.union([z.number(), z.string()]) },
  model: { must: "the name of a model", schema: z.string().min(1) },
});

export const SAMPLING_NAMES = Object.freeze(Object.keys(OPTIONS) as (keyof LmSampling)[]);

/** Names of options that change nothing about an answer. */
export const NOT_IN_CACHE_KEY: readonly string[] = SAMPLING_NAMES.filter((name) => OPTIONS[name].inCacheKey === false);

/** Sampling options in files. */
export const SAMPLING_SCHEMA: z.ZodType<LmSampling> = z
  .custom<LmSampling>((value) => typeof value === "object" && value !== null && !Array.isArray(value))
  .superRefine((options, context) => {
    const problem = samplingProblem(options);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** @throws UsageError for what is no object of sampling options: an unknown name, a value of the wrong kind */
export function checkSampling(what: string, options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new UsageError(`${what} must be an object of sampling options, got ${describe(options)}`);
  const problem = samplingProblem(options);
  if (problem !== undefined) throw new UsageError(`${what}: ${problem}`);
}

function samplingProblem(options: object): string | undefined {
  for (const [name, value] of Object.entries(options)) {
    if (!isSamplingName(name)) {
      const near = nearestName(name, SAMPLING_NAMES);
      return `no sampling option "${name}"${near === undefined ? "" : ` (did you mean "${near}"?)`}; there are ${SAMPLING_NAMES.join(", ")}`;
    }
    const { must, schema } = OPTIONS[name];
    if (value !== undefined && !schema.safeParse(value).success)
      return `${name} must be ${must}, got ${describe(value)}`;
  }
  return undefined;
}

/**
 * Both layers' options: where both say something, what the upper one says; the stop strings of both. What is undefined
 * says nothing, so nothing is undefined in what comes out. Other properties stay as the lower layer has them.
 */
export function mergeSampling<Lower extends LmSampling>(lower: Lower, upper: LmSampling): Lower {
  const merged: Record<string, unknown> = { ...(lower as object) };
  // Most requests are made with no options at all.
  if (Object.keys(upper).length === 0 && !Object.keys(merged).some(isSamplingName)) return merged as unknown as Lower;
  for (const name of SAMPLING_NAMES) {
    const value = mergedValue(name, lower, upper);
    if (value !== undefined) merged[name] = value;
    else if (name in merged) delete merged[name];
  }
  // Each option has the value of one layer, or one made of both by its own row.
  return merged as unknown as Lower;
}

/** The options with some of them changed; what is undefined in the edits stays. */
export function editSampling(options: LmSampling, edits: LmSampling): LmSampling {
  const said = Object.entries(edits).filter(([, value]) => value !== undefined);
  return mergeSampling({}, { ...options, ...Object.fromEntries(said) });
}

function mergedValue<Name extends keyof LmSampling>(name: Name, lower: LmSampling, upper: LmSampling): unknown {
  // Rows are typed by their own name, which is open here.
  const { merge } = OPTIONS[name] as unknown as Option<unknown>;
  return merge === undefined ? (upper[name] ?? lower[name]) : merge(lower[name], upper[name]);
}

/** For an option that belongs into `config`, DSPy's spelling of it too: where to put it. */
export function configHint(name: string): string | undefined {
  const own = SPELLINGS[name] ?? name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return isSamplingName(own) ? `write config: { ${own}: … }` : undefined;
}

const SPELLINGS: Readonly<Record<string, string>> = Object.freeze({
  max_completion_tokens: "maxTokens",
  max_output_tokens: "maxTokens",
  maxOutputTokens: "maxTokens",
});

export function isSamplingName(name: string): name is keyof LmSampling {
  return Object.hasOwn(OPTIONS, name);
}
