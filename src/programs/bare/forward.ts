import { type CallSite, callSite, tellCaller } from "../../foundation/call-site.ts";
import { optionNames } from "../../foundation/check-options.ts";
import { systemClock } from "../../foundation/clock.ts";
import type { Clock } from "../../foundation/clock.ts";
import { DspexError, UsageError, describe } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { onAbort } from "../../foundation/on-abort.ts";
import { systemRandom, withStreams } from "../../foundation/random.ts";
import type { Random } from "../../foundation/random.ts";
import { cancelledError, LmError, withDetails } from "../../lm/failure.ts";
import type { LanguageModel, LmSpec } from "../../lm/language-model.ts";
import { ledgeredLm } from "../../lm/ledger/ledgered-lm.ts";
import { makeLedger } from "../../lm/ledger/ledger.ts";
import { openedModel } from "../../lm/opened-model.ts";
import { type PriceTable, readPrices } from "../../lm/prices.ts";
import { readPolicy } from "../../lm/retry/retry-policy.ts";
import { openedRetriever } from "../../retrieval/check-found.ts";
import { ledgeredRetriever } from "../../retrieval/ledgered-retriever.ts";
import type { Retriever, RetrieverSpec, SearchOptions } from "../../retrieval/retriever.ts";
import type { PartListener } from "../answer-part.ts";
import { bareModel } from "./bare-model.ts";
import { callContext, SILENT_LOG } from "../call-context.ts";
import type { ContextClient, ContextRetriever, RunGrounds, RunLog } from "../call-context.ts";
import { pickClient, pickRetriever } from "../pick-client.ts";
import type { Program } from "../program.ts";
import { isProgram, notProgram } from "../program-tree.ts";
import { withTrace } from "../prediction.ts";
import type { Prediction, TraceStep } from "../prediction.ts";
import { checkRunOptions, ledgerAbove, RUN_OPTIONS, runTerms } from "../run-terms.ts";
import type { RunOptions, RunTerms } from "../run-terms.ts";

export interface ForwardOptions extends RunOptions {
  /**
   * Models and retrievers by client name. A spec is opened when the program first asks for it, and closed after the call.
   */
  readonly clients: Readonly<Record<string, LanguageModel | LmSpec | Retriever | RetrieverSpec>>;
  /** Default: real time. */
  readonly clock?: Clock | undefined;
  /** Default: real randomness. */
  readonly random?: Random | undefined;
  /** Default: none. */
  readonly log?: RunLog | undefined;
  /** Dollars for a million tokens, by model: they go before the list prices. For `$meta.usd`, and for budgets. */
  readonly prices?: PriceTable | undefined;
}

/**
 * Runs a program bare, for tests and scripts: no system, no process, no supervision. What the program does is the same
 * under `system.forward`. What it has begun and not awaited is cancelled when it is done, and code that goes on after its
 * time is over, or its caller is gone, is left behind.
 *
 * @throws LmError `no_such_client` (rejects) for a client that is not in `clients`; and whatever the program throws
 */
export function forward<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: NoInfer<Inputs>,
  options: ForwardOptions,
): Promise<Prediction<Outputs>> {
  return forwardTelling(program, inputs, options, callSite(forward));
}

/** The same, with somebody who listens to the answers as they come. */
export async function forwardTelling<Inputs extends object, Outputs extends object>(
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: ForwardOptions,
  site: CallSite,
  parts?: PartListener,
): Promise<Prediction<Outputs>> {
  if (!isProgram(program)) throw notProgram("forward: expected", program);
  checkForwardOptions("forward", options);
  const life = new AbortController();
  endWith(life, options.signal);
  endWith(life, options.parent?.signal);
  try {
    return await runIn(life, program, inputs, options, parts);
  } catch (thrown) {
    if (thrown instanceof DspexError || thrown instanceof UsageError) tellCaller(thrown, site);
    throw thrown;
  }
}

/** From now on that life ends when the signal aborts. */
export function endWith(life: AbortController, outside: AbortSignal | undefined): void {
  if (outside === undefined) return;
  if (outside.aborted) life.abort(outside.reason);
  onAbort(outside, () => life.abort(outside.reason), life.signal);
}

/**
 * One run. The options have been checked.
 * @param life what ends it from outside; it ends it itself when it is done
 */
export async function runIn<Inputs extends object, Outputs extends object>(
  life: AbortController,
  program: Program<Inputs, Outputs>,
  inputs: Inputs,
  options: ForwardOptions,
  parts?: PartListener,
): Promise<Prediction<Outputs>> {
  const held: Held[] = [];
  const clock = options.clock ?? systemClock;
  const terms = bareTerms(options, clock);
  const { signal } = life;
  const { endsAt, trace } = terms;
  const steps: TraceStep[] | undefined = trace ? [] : undefined;
  let late: LmError | undefined;
  const end = (): void => {
    late = tooLate(terms);
    life.abort(late);
  };
  const timer = endsAt === Infinity ? undefined : clock.setTimer(endsAt - clock.now(), end);
  try {
    const context = callContext({
      terms,
      clock,
      signal,
      log: options.log ?? SILENT_LOG,
      parts,
      steps,
      ...bareClients(options, { held, terms, clock, signal }),
    });
    const running = program.forward(inputs, context);
    const made = await (canEnd(terms, options) ? orEnd(running, signal, terms) : running);
    return steps === undefined ? made : withTrace(made, steps);
  } catch (thrown) {
    throw late !== undefined && signal.reason === late ? late : thrown;
  } finally {
    if (timer !== undefined) clock.clearTimer(timer);
    // As under a system, nothing outlives the run: parts that nobody awaits any more, their requests and waits.
    life.abort(ENDED);
    terms.ledger.close();
    if (held.length > 0) await Promise.allSettled(held.map(close));
  }
}

/** What all that a run has begun and not awaited is told. One for all: there is an end of each run. */
const ENDED: Error = new Error("the run has ended");

function tooLate({ timeoutMs }: RunTerms): LmError {
  return new LmError(`no outcome within ${timeoutMs} ms`, { code: "timeout", details: { phase: "total" } });
}

/** Whether its caller may have waited long enough before it is done. */
function canEnd({ endsAt }: RunTerms, { signal, parent }: RunOptions): boolean {
  return endsAt !== Infinity || signal !== undefined || parent !== undefined;
}

/** What comes of it; once its life has ended, `cancelled`: code that does not look at its signal is left behind, as under a system. */
function orEnd<Value>(running: Promise<Value>, signal: AbortSignal, { run }: RunTerms): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      // It came to its own end.
      if (signal.reason !== ENDED) reject(withDetails(cancelledError(signal.reason), { run }));
    };
    running.then(resolve, reject);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** The terms of a run that no system knows of. */
export function bareTerms(options: RunOptions & Pick<ForwardOptions, "random">, clock: Clock): RunTerms {
  const random = withStreams(options.random ?? systemRandom);
  return runTerms(
    options,
    { timeoutMs: Infinity, retry: DEFAULT_POLICY },
    {
      now: clock.now(),
      random,
      nextRunId: () => `bare-${Math.floor(random.next() * 2 ** 32).toString(36)}`,
      openLedger: (budget) => ledgerAbove(options)?.open({ budget }) ?? makeLedger({ budget }),
    },
  );
}

const DEFAULT_POLICY = readPolicy("forward: retry", {});

const OPTIONS: readonly string[] = [
  ...RUN_OPTIONS,
  ...optionNames<Omit<ForwardOptions, keyof RunOptions>>({
    clients: true,
    clock: true,
    random: true,
    log: true,
    prices: true,
  }),
];

/** @throws UsageError for options that make no sense */
export function checkForwardOptions(what: string, options: ForwardOptions): void {
  checkRunOptions(what, options, OPTIONS);
  readPrices(`${what}: prices`, options.prices);
  const clients: unknown = options.clients;
  if (typeof clients !== "object" || clients === null || Array.isArray(clients))
    throw new UsageError(`${what}: clients must be an object of models by name, got ${describe(clients)}`);
  if (["lm", "retriever"].includes(String("kind" in clients && clients.kind)) || "generate" in clients)
    throw new UsageError(`${what}: clients must be models by name, got a model: { clients: { main: model } }`);
}

type Held = LanguageModel | Retriever;

/** The run that a context is for. */
interface BareLife {
  /** What is ours to close. */
  readonly held: Held[];
  readonly terms: RunTerms;
  readonly clock: Clock;
  /** Aborted by the caller, and when the run has ended. */
  readonly signal: AbortSignal;
}

// async: one that throws at once is one that rejects.
async function close(each: Held): Promise<void> {
  await each.close();
}

type WaysToClients = Pick<RunGrounds, "client" | "retriever">;

/** The way to its models and retrievers. Most of it is made when one is first asked for: many a run asks for none. */
function bareClients(options: ForwardOptions, life: BareLife): WaysToClients {
  let ways: WaysToClients | undefined;
  const made = (): WaysToClients => (ways ??= waysToClients(options, life));
  return { client: (name) => made().client(name), retriever: (name) => made().retriever(name) };
}

function waysToClients(options: ForwardOptions, { held, terms, clock, signal }: BareLife): WaysToClients {
  const sources = Object.entries(options.clients);
  const hold = async <Opened extends Held>(open: () => Promise<Opened>): Promise<Opened> => {
    if (signal.aborted) throw cancelledError(signal.reason);
    const opened = await open();
    if (!signal.aborted) {
      held.push(opened);
      return opened;
    }
    // Nobody would close it later.
    void heard(close(opened));
    throw cancelledError(signal.reason);
  };
  const what = (name: string): string => `forward: client "${name}"`;
  const pricing = { prices: options.prices, wallTime: () => clock.wallTime() };
  const inUse = async (name: string, given: LanguageModel): Promise<LanguageModel> => {
    const { lm, price } = await openedModel(what(name), given, pricing);
    return bareModel(ledgeredLm(lm, { name, ledger: terms.ledger, clock, price }), signal);
  };
  // What can already be asked is used as it is and stays open: it is its owner's to close.
  const openModel = onceEach(async (name, source: LanguageModel | LmSpec): Promise<LanguageModel> => {
    const isObject = typeof source === "object" && source !== null;
    if (isObject && "generate" in source) return inUse(name, source);
    if (!isObject || typeof source.open !== "function") {
      throw new UsageError(
        `${what(name)} must be a language model, a retriever or the spec of one, got ${describe(source)}`,
      );
    }
    return inUse(name, await hold(async () => source.open({ signal })));
  });
  const openRetriever = onceEach(async (name, source: Retriever | RetrieverSpec): Promise<Retriever> => {
    const retriever = "search" in source ? source : await hold(async () => source.open({ signal }));
    const opened = await openedRetriever(what(name), retriever, pricing);
    return bareRetriever(ledgeredRetriever(opened.retriever, { name, ledger: terms.ledger, clock }));
  });
  const models = new Map(sources.flatMap(([name, source]) => (isRetriever(source) ? [] : [[name, source] as const])));
  const retrievers = new Map(
    sources.flatMap(([name, source]) => (isRetriever(source) ? [[name, source] as const] : [])),
  );

  const clientOf = async (name?: string): Promise<ContextClient> => {
    const chosen = pickClient([...models.keys()], name);
    // It is one of the names that are there; so below.
    return Object.freeze({ name: chosen, lm: await openModel(chosen, models.get(chosen)!) });
  };
  const retrieverOf = async (name?: string): Promise<ContextRetriever> => {
    const chosen = pickRetriever([...retrievers.keys()], name);
    return Object.freeze({ name: chosen, retriever: await openRetriever(chosen, retrievers.get(chosen)!) });
  };

  return { client: clientOf, retriever: retrieverOf };
}

function bareRetriever(retriever: Retriever): Retriever {
  // async: one that throws at once is one that rejects.
  const search = async (query: string, k: number, options?: SearchOptions) => retriever.search(query, k, options);
  return Object.freeze({
    search: (query: string, k: number, options?: SearchOptions) => heard(search(query, k, options)),
    ...(retriever.describe && { describe: () => retriever.describe?.() ?? {} }),
    close: () => retriever.close(),
  });
}

function isRetriever(source: unknown): source is Retriever | RetrieverSpec {
  if (typeof source !== "object" || source === null) return false;
  return "search" in source || ("kind" in source && source.kind === "retriever");
}

/** Opens the client of each name a single time. */
function onceEach<Source, Open>(
  open: (name: string, source: Source) => Promise<Open>,
): (name: string, source: Source) => Promise<Open> {
  const known = new Map<string, Promise<Open>>();
  return (name, source) => {
    const made = known.get(name) ?? open(name, source);
    known.set(name, made);
    return made;
  };
}
