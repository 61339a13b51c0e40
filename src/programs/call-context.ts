import type { Adapter } from "../adapters/adapter.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Random } from "../foundation/random.ts";
import type { LanguageModel } from "../lm/language-model.ts";
import type { Price } from "../lm/prices.ts";
import type { Fallback } from "../lm/retry/retry.ts";
import type { RetryPolicy } from "../lm/retry/retry-policy.ts";
import type { Retriever } from "../retrieval/retriever.ts";
import type { PartListener } from "./answer-part.ts";
import type { TraceStep } from "./prediction.ts";

/**
 * What a program's `forward` may use: everything that is about this one call and not about the program. Programs reach
 * the world through it alone, so they run bare and supervised unchanged.
 */
export interface CallContext {
  readonly runId: string;
  /** Aborted when the caller is gone, the deadline has passed or the system stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** When the caller waits no longer, by `clock.now()`. Left out: never. */
  readonly endsAt?: number;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly log: RunLog;
  /** The adapter that was set for this call, if one was: it goes before the program's and the client's. */
  readonly adapter?: Adapter;
  /** Where in the program this is: the parts' names, joined by dots. Left out at its root. */
  readonly path?: string;
  /** Told of each predictor's call as it ends. Left out: nobody wants to know. */
  readonly trace?: (step: TraceStep) => void;
  /** Told what comes of each predictor's outputs while its model writes. Left out: models are asked for whole answers. */
  readonly parts?: PartListener;
  /**
   * The client of that name, or the only LM client there is.
   * @throws LmError `no_such_client`, which lists those there are (also when the name is left out and there are several)
   */
  client(name?: string): Promise<ContextClient>;
  /**
   * The retriever of the client of that name, or the only retriever there is.
   * @throws LmError `no_such_client`, as {@link CallContext.client} does
   */
  retriever(name?: string): Promise<ContextRetriever>;
}

export interface ContextClient {
  readonly name: string;
  readonly lm: LanguageModel;
  /** The adapter that was set for this client, if one was. */
  readonly adapter?: Adapter;
  /** Its model's. Left out: not known. */
  readonly price?: Price;
  /** Asked instead, in this order, when this client is no use. Left out: none. */
  readonly fallbacks?: readonly (Fallback & Pick<ContextClient, "price">)[];
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

/** The context for a part of the program that this context is for. */
export function at(context: CallContext, part: string): CallContext {
  return Object.freeze({ ...context, path: context.path === undefined ? part : `${context.path}.${part}` });
}
