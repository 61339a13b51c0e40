import type { Adapter } from "../adapters/adapter.ts";
import { checkOptions, checkSignal, checkTimeout } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { RandomStreams } from "../foundation/random.ts";
import { type Budget, checkBudget } from "../lm/budget.ts";
import type { Ledger } from "../lm/ledger/ledger.ts";
import type { Priority } from "../lm/limits/permits.ts";
import { readPolicy, type RetryPolicy } from "../lm/retry/retry-policy.ts";
import { checkSampling, configHint, type LmSampling } from "../lm/sampling.ts";
import type { EffectStore } from "./effects/effect-store.ts";

/** For finding runs again, in events, logs and histories: `{ tenant: "acme" }`. */
export type Labels = Readonly<Record<string, string>>;

/**
 * What a caller may say about a run: the same for a system's `forward` and `stream`, for a program's handle, and bare.
 * Who adds an option adds it here, in {@link OPTIONS}, and in {@link RunTerms}: those go whole to whoever needs them.
 */
export interface RunOptions {
  /** Milliseconds for everything: waiting in line, requests, retries. Default 60,000; bare, no limit. */
  readonly timeoutMs?: number | undefined;
  /** Aborting cancels the run; the caller gets `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** What events, logs, `$meta` and errors call the run. Default: a name of the system's own making. */
  readonly runId?: string | undefined;
  /** Default: those of the parent run, else none. */
  readonly labels?: Labels | undefined;
  /**
   * The context of the run that this one is a part of, where a program asks a system for another: this one ends no later, its
   * spending counts there too, and it has the parent's labels, priority and share where it is given none.
   */
  readonly parent?: ParentRun | undefined;
  /** Whose requests go first where a client's limits make them wait. Default `"user"`. */
  readonly priority?: Priority | undefined;
  /**
   * What the run is part of: a job, a candidate, a tenant. Where a client's limits make requests wait, the shares of a
   * priority are served in turn, however many calls each has. Default: one share that all calls without a name have in common.
   */
  readonly share?: string | undefined;
  /** What the run may spend: the request that would pass it is not made, and fails as `budget_exceeded`. Default: no limit. */
  readonly budget?: Budget | undefined;
  /** What is done about failed requests. Default: the program actor's, else the system's. */
  readonly retry?: RetryPolicy | undefined;
  /** Goes before the adapters of the program's predictors and their clients. */
  readonly adapter?: Adapter | undefined;
  /** The client that all predictors of the run ask, whatever they name: a teacher's. Default: each its own. */
  readonly client?: string | undefined;
  /** Sampling options over those of all predictors of the run: a `rolloutId`, a `temperature`. Default none. */
  readonly config?: LmSampling | undefined;
  /** Whether `$meta.trace` tells every predictor's call and every search: see `TraceStep`. Default false. */
  readonly trace?: boolean | undefined;
  /**
   * Where the run's effects are recorded: what an earlier life of the same run (`runId` must be given) has performed is taken
   * from there, and not performed again. Default: nowhere.
   */
  readonly effects?: EffectStore | undefined;
}

/** A run as another one sees it that is a part of it: the context that a program's `forward` was given is one. */
export interface ParentRun {
  readonly terms: RunTerms;
  /** Where in its program it is. */
  readonly path?: string;
  /** Of the part of it that begins this one. Default: the run's own. */
  readonly ledger?: Ledger;
  readonly signal: AbortSignal;
}

/** Where a run that is a part of another one counts as well: so what that part's prediction says holds it, too. */
export function ledgerAbove({ parent }: Pick<RunOptions, "parent">): Ledger | undefined {
  return parent?.ledger ?? parent?.terms.ledger;
}

/** What a run lays over its program, without copying it. */
export interface Overlay {
  readonly adapter?: Adapter | undefined;
  readonly client?: string | undefined;
  readonly config?: LmSampling | undefined;
}

/**
 * All that was agreed on about one run, in one frozen object that goes whole from the caller to the permit. Plain data, but
 * for the ledger, the randomness, the effect store and the overlay's adapter, which are ports.
 */
export interface RunTerms {
  readonly run: string;
  /** The run that began it; undefined where none did. */
  readonly parent: string | undefined;
  /** Where in that one's program it was begun. */
  readonly path: string | undefined;
  /** The name of the program actor that runs it; undefined where none does. */
  readonly programActor: string | undefined;
  readonly labels: Labels;
  /** When the caller waits no longer, by the clock of whoever runs it. `Infinity`: never. */
  readonly endsAt: number;
  /** The same as it was given, in ms. */
  readonly timeoutMs: number;
  readonly priority: Priority;
  /** Undefined: the one that all have in common. */
  readonly share: string | undefined;
  /** What the run spends, its budget applied. Whoever runs it closes it. */
  readonly ledger: Ledger;
  readonly overlay: Overlay;
  readonly retry: RetryPolicy;
  readonly trace: boolean;
  readonly random: RandomStreams;
  /** Undefined: effects are performed, and recorded nowhere. */
  readonly effects: EffectStore | undefined;
}

/** What stands where a caller says nothing. */
export interface RunDefaults {
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly adapter?: Adapter | undefined;
}

/** What whoever runs it adds. */
export interface RunGround {
  nextRunId(): string;
  /** By the clock that `endsAt` is told by. */
  readonly now: number;
  readonly random: RandomStreams;
  /** Default: none. */
  readonly programActor?: string | undefined;
  openLedger(budget: Budget | undefined): Ledger;
}

type Check = (what: string, name: string, value: unknown) => void;

/** Every option, and what is looked at before anything is done. */
const OPTIONS: { readonly [Name in keyof RunOptions]-?: Check } = {
  timeoutMs: checkTimeout,
  signal: (what, _name, value) => checkSignal(what, value),
  runId: checkText,
  labels: checkLabels,
  parent: checkParent,
  priority: checkPriority,
  share: checkText,
  // Who gives it as a type does no harm; the rest is looked at.
  budget: (what, _name, value) => void checkBudget(what, value as Budget),
  retry: (what, name, value) => void readPolicy(`${what}: ${name}`, value as RetryPolicy),
  adapter: (what, name, value) => checkPort(what, name, value, ["fits", "prepare"]),
  client: checkText,
  config: checkConfig,
  trace: checkBoolean,
  effects: (what, name, value) => checkPort(what, name, value, ["find", "record"]),
};

const NAMES = Object.freeze(Object.keys(OPTIONS) as (keyof RunOptions)[]);

export const RUN_OPTIONS: readonly string[] = NAMES;

/** @throws UsageError for options that make no sense, and for one that there is none of */
export function checkRunOptions(what: string, options: RunOptions, known: readonly string[] = RUN_OPTIONS): void {
  checkOptions(what, options, known, "option", (name, value) => configHint(name) ?? clientsHint(name, value, known));
  for (const name of NAMES) if (options[name] !== undefined) OPTIONS[name](what, name, options[name]);
  if (options.effects !== undefined && options.runId === undefined)
    throw new UsageError(`${what}: effects need a runId: it is what a later life of the same run is known by`);
}

/** A model beside the options, of bare calls that take some by name. */
function clientsHint(name: string, value: unknown, known: readonly string[]): string | undefined {
  const isModel =
    typeof value === "object" && value !== null && ("generate" in value || "open" in value || "search" in value);
  return isModel && known.includes("clients") ? `write clients: { ${name} }` : undefined;
}

/** What is wrong with a call's options, if anything is: for callers to whom misuse is a value, too. */
export function wrongRunOptions(what: string, options: RunOptions): UsageError | undefined {
  try {
    checkRunOptions(what, options);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown;
    return new UsageError(`${what}: the options cannot be read: ${describe(thrown)}`, { cause: thrown });
  }
}

/** The terms of a run that begins now. The options have been checked. */
export function runTerms(options: RunOptions, defaults: RunDefaults, ground: RunGround): RunTerms {
  const { runId, labels, budget, retry, client, config, trace = false, effects } = options;
  const parent = options.parent?.terms;
  const { timeoutMs = defaults.timeoutMs, adapter = defaults.adapter } = options;
  const run = runId ?? ground.nextRunId();
  return Object.freeze({
    run,
    parent: parent?.run,
    path: options.parent?.path,
    programActor: ground.programActor,
    labels: labels === undefined ? (parent?.labels ?? NO_LABELS) : Object.freeze({ ...parent?.labels, ...labels }),
    endsAt: Math.min(ground.now + timeoutMs, parent?.endsAt ?? Infinity),
    timeoutMs,
    priority: options.priority ?? parent?.priority ?? "user",
    share: options.share ?? parent?.share,
    ledger: ground.openLedger(budget),
    overlay: (adapter ?? client ?? config) ? Object.freeze({ adapter, client, config }) : NO_OVERLAY,
    retry: retry === undefined ? defaults.retry : readPolicy("retry", retry),
    trace,
    random: ground.random.stream(run),
    effects,
  });
}

const NO_LABELS: Labels = Object.freeze({});
export const NO_OVERLAY: Overlay = Object.freeze({});

function checkText(what: string, name: string, value: unknown): void {
  if (typeof value !== "string" || value === "")
    throw new UsageError(`${what}: ${name} must be a text that is not empty, got ${describe(value)}`);
}

function checkBoolean(what: string, name: string, value: unknown): void {
  if (typeof value !== "boolean")
    throw new UsageError(`${what}: ${name} must be true or false, got ${describe(value)}`);
}

function checkObject(what: string, name: string, value: unknown): void {
  if (typeof value !== "object" || value === null)
    throw new UsageError(`${what}: ${name} must be an object, got ${describe(value)}`);
}

function checkPort(what: string, name: string, value: unknown, methods: readonly string[]): void {
  checkObject(what, name, value);
  for (const method of methods) {
    const given: unknown = Reflect.get(value as object, method);
    if (typeof given !== "function")
      throw new UsageError(`${what}: ${name} must have a function "${method}", got ${describe(value)}`);
  }
}

function checkConfig(what: string, name: string, value: unknown): void {
  checkSampling(`${what}: ${name}`, value);
  const { n } = value as LmSampling;
  if (n !== undefined && n !== 1)
    throw new UsageError(`${what}: ${name}.n must be 1, got ${describe(n)}: a prediction is one answer`);
}

function checkLabels(what: string, name: string, value: unknown): void {
  checkObject(what, name, value);
  for (const [label, text] of Object.entries(value as object))
    if (typeof text !== "string")
      throw new UsageError(`${what}: ${name} must be texts by name, got ${describe(text)} for "${label}"`);
}

function checkParent(what: string, name: string, value: unknown): void {
  const { terms, signal }: { terms?: unknown; signal?: unknown } = Object(value);
  if (typeof terms !== "object" || terms === null || !("ledger" in terms) || !(signal instanceof AbortSignal))
    throw new UsageError(
      `${what}: ${name} must be the context that a program's forward was given, got ${describe(value)}`,
    );
}

function checkPriority(what: string, name: string, value: unknown): void {
  if (value !== "user" && value !== "optimizer")
    throw new UsageError(`${what}: ${name} must be "user" or "optimizer", got ${describe(value)}`);
}
