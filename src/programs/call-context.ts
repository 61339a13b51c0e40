import type { Adapter, FieldValues } from "../adapters/adapter.ts";
import type { Clock } from "../foundation/clock.ts";
import { asError, UsageError } from "../foundation/errors.ts";
import { heard } from "../foundation/heard.ts";
import type { RandomStreams } from "../foundation/random.ts";
import type { LanguageModel } from "../lm/language-model.ts";
import type { Ledger } from "../lm/ledger/ledger.ts";
import type { Fallback } from "../lm/retry/retry.ts";
import type { Retriever } from "../retrieval/retriever.ts";
import type { PartListener } from "./answer-part.ts";
import { effect } from "./effects/effect.ts";
import type { EffectGround, EffectKind, Perform } from "./effects/effect.ts";
import type { TraceStep } from "./prediction.ts";
import { NO_OVERLAY } from "./run-terms.ts";
import type { Overlay, RunTerms } from "./run-terms.ts";

/** Texts by name. */
type Parameters = Readonly<Record<string, string>>;

/**
 * What a program's `forward` may use: everything that is about this one call and not about the program. Programs reach
 * the world through it alone, so they run bare and supervised unchanged.
 */
export interface CallContext {
  /** What was agreed on about the run. */
  readonly terms: RunTerms;
  /** The run's id: `terms.run`. */
  readonly runId: string;
  /** Aborted when the caller is gone, the deadline has passed or the system stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The program's own draws: the same for the same seed and run id, whatever is drawn elsewhere. */
  readonly random: RandomStreams;
  readonly log: RunLog;
  /** Where in the program this is: the parts' names, joined by dots; `self` at its root. */
  readonly path: string;
  /** What the run's caller has laid over the predictors here: `terms.overlay`, or nothing over a metric's judges. */
  readonly overlay: Overlay;
  /** What this call of the program spends: the run's own ledger, or a part of that. */
  readonly ledger: Ledger;
  /** The texts that the program declares as what optimizers may change, as they are now. None in a program that declares none. */
  readonly parameters: Parameters;
  /** Told what comes of each predictor's outputs while its model writes. Left out: models are asked for whole answers. */
  readonly parts?: PartListener | undefined;
  /** The run's effects so far, in the order in which they ended. Undefined: the run is not traced. */
  readonly steps?: readonly TraceStep[] | undefined;
  /**
   * The client that the run's caller has named, else the one of that name, or the only LM client there is.
   * @throws LmError `no_such_client`, which lists those there are (also when the name is left out and there are several)
   */
  client(name?: string): Promise<ContextClient>;
  /**
   * The retriever of the client of that name, or the only retriever there is.
   * @throws LmError `no_such_client`, as {@link CallContext.client} does
   */
  retriever(name?: string): Promise<ContextRetriever>;
  /**
   * Does something in the world that is not to be done twice, or whose result may differ from one time to the next: in a
   * run whose effects are recorded it is done once, and a later life of the run gets what it came to. `inputs` and the result
   * are plain data; `kind` is a word for it.
   *
   *     const mail = await context.effect("mail", { to }, () => sendMail(to));
   *
   * @throws what `perform` throws
   */
  effect<Value>(kind: EffectKind, inputs: FieldValues, perform: Perform<Value>): Promise<Value>;
}

export interface ContextClient {
  readonly name: string;
  readonly lm: LanguageModel;
  /** The adapter that was set for this client, if one was. */
  readonly adapter?: Adapter;
  /** Asked instead, in this order, when this client is no use. Left out: none. */
  readonly fallbacks?: readonly Fallback[];
  /** Milliseconds that a request waits for its turn before they are. Left out: until the call's deadline. */
  readonly fallbackAfterMs?: number;
}

export interface ContextRetriever {
  /** Its client's. */
  readonly name: string;
  readonly retriever: Retriever;
}

/** Events of one run, for people who operate it. Never keys; prompt contents only where `logContents` was set. */
export interface RunLog {
  readonly contents: boolean;
  event(name: string, level: "debug" | "info" | "warn", facts: Readonly<Record<string, unknown>>): void;
}

/** A log that nobody reads. */
export const SILENT_LOG: RunLog = Object.freeze({ contents: false, event: () => undefined });

/** What a run stands on, bare or in a process: what all contexts of its program share. */
export interface RunGrounds {
  readonly terms: RunTerms;
  readonly signal: AbortSignal;
  /**
   * Whether all that its models do ends with the run by itself: nobody needs to hand them its signal, which costs more to
   * make and to abort than anything else that a waiting call has. Default false.
   */
  readonly endsItsWork?: boolean;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly parts?: PartListener | undefined;
  /** Takes each effect as it ends, where the run is traced. */
  readonly steps?: TraceStep[] | undefined;
  client(name?: string): Promise<ContextClient>;
  retriever(name?: string): Promise<ContextRetriever>;
}

/** The context for a program that begins. */
export function callContext(grounds: RunGrounds): CallContext {
  const { ledger, overlay } = grounds.terms;
  return new Context(grounds, undefined, makeEffects(grounds), ledger, overlay);
}

/** The context for a part of the program that this context is for. */
export function at(context: CallContext, part: string): CallContext {
  return Context.inside(context, part);
}

/** The same for a part that the run's caller lays nothing over: a judge is who it is, whoever is judged. */
export function apartFromOverlay(context: CallContext, part: string): CallContext {
  return Context.inside(context, part, NO_OVERLAY);
}

/**
 * Runs a program of a program's own for itself, as a part of that name, and tells its effects apart: a teleprompter's teacher
 * within a call. They count in the run as all others do.
 *
 * @param overlay what is laid over the predictors there
 * @throws what `run` throws
 */
export async function tracedApart<Value>(
  context: CallContext,
  part: string,
  overlay: Overlay,
  run: (inside: CallContext, steps: readonly TraceStep[]) => Promise<Value>,
): Promise<Value> {
  const steps: TraceStep[] = [];
  try {
    return await run(Context.tracing(context, part, overlay, steps), steps);
  } finally {
    Context.told(context, steps);
  }
}

/** The signal that its models are to be handed. Undefined: what they do ends with the run anyway. */
export function signalForModels(context: CallContext): AbortSignal | undefined {
  return Context.signalForModels(context);
}

/** The same context, with a ledger of its own for one call, its failures included, and with the program's texts. */
export function spendingApart(context: CallContext, parameters: Parameters = NO_PARAMETERS): CallContext {
  return Context.spendingApart(context, parameters);
}

const NO_PARAMETERS: Parameters = Object.freeze({});

const COPIED = "a part's context is made from the one that the program was given, not from a copy of it";

function makeEffects(grounds: RunGrounds): EffectGround | undefined {
  const { terms, clock, steps } = grounds;
  const { run, effects: store } = terms;
  if (store === undefined && steps === undefined) return undefined;
  const { signal } = grounds;
  return { run, clock, signal, store, steps, counts: new Map() };
}

// A class, since there is one for each part of each call, with ten thousand calls at once: its methods are shared.
class Context implements CallContext {
  readonly #grounds: RunGrounds;
  readonly #path: string | undefined;
  readonly #effects: EffectGround | undefined;
  readonly ledger: Ledger;
  readonly overlay: Overlay;
  readonly parameters: Parameters;

  constructor(
    grounds: RunGrounds,
    path: string | undefined,
    effects: EffectGround | undefined,
    ledger: Ledger,
    overlay: Overlay,
    parameters: Parameters = NO_PARAMETERS,
  ) {
    this.#grounds = grounds;
    this.#path = path;
    this.#effects = effects;
    this.ledger = ledger;
    this.overlay = overlay;
    this.parameters = parameters;
  }

  /** @throws UsageError for what is made of a context by copying its properties */
  static inside(context: CallContext, part: string, overlay: Overlay = context.overlay): CallContext {
    if (!(#grounds in context)) throw new UsageError(COPIED);
    const path = context.#path === undefined ? part : `${context.#path}.${part}`;
    return new Context(context.#grounds, path, context.#effects, context.ledger, overlay);
  }

  /** @throws UsageError as {@link Context.inside} does */
  static tracing(context: CallContext, part: string, overlay: Overlay, steps: TraceStep[]): CallContext {
    if (!(#grounds in context)) throw new UsageError(COPIED);
    const grounds = { ...context.#grounds, steps };
    const path = context.#path === undefined ? part : `${context.#path}.${part}`;
    const effects = makeEffects(grounds);
    // Counted with all others of the run: an id is given once.
    const { counts = new Map<string, number>() } = context.#effects ?? {};
    return new Context(grounds, path, effects && { ...effects, counts }, context.ledger, overlay);
  }

  static told(context: CallContext, steps: readonly TraceStep[]): void {
    if (#grounds in context) context.#grounds.steps?.push(...steps);
  }

  /** @throws UsageError as {@link Context.inside} does */
  static spendingApart(context: CallContext, parameters: Parameters): CallContext {
    if (!(#grounds in context)) throw new UsageError(COPIED);
    const ledger = context.ledger.part();
    return new Context(context.#grounds, context.#path, context.#effects, ledger, context.overlay, parameters);
  }

  static signalForModels(context: CallContext): AbortSignal | undefined {
    return #grounds in context && context.#grounds.endsItsWork === true ? undefined : context.signal;
  }

  get terms() {
    return this.#grounds.terms;
  }
  get runId() {
    return this.#grounds.terms.run;
  }
  get signal() {
    return this.#grounds.signal;
  }
  get clock() {
    return this.#grounds.clock;
  }
  get random() {
    return this.#grounds.terms.random;
  }
  get log() {
    return this.#grounds.log;
  }
  get path() {
    return this.#path ?? "self";
  }
  get parts() {
    return this.#grounds.parts;
  }
  get steps() {
    return this.#grounds.steps;
  }

  client(name?: string): Promise<ContextClient> {
    return heard(this.#grounds.client(this.overlay.client ?? name));
  }

  retriever(name?: string): Promise<ContextRetriever> {
    return heard(this.#grounds.retriever(name));
  }

  effect<Value>(kind: EffectKind, inputs: FieldValues, perform: Perform<Value>): Promise<Value> {
    if (this.#effects === undefined) return performPlainly(perform);
    return heard(effect(this.#effects, { kind, path: this.path, inputs, perform, ledger: this.ledger }));
  }
}

// Not async, as there is one for each call: one that throws at once is one that rejects.
function performPlainly<Value>(perform: Perform<Value>): Promise<Value> {
  try {
    return perform(undefined);
  } catch (thrown) {
    return Promise.reject(asError(thrown));
  }
}
