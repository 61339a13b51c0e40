import type { Adapter } from "../adapters/adapter.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Random } from "../foundation/random.ts";
import type { LanguageModel } from "../lm/language-model.ts";
import type { RetryPolicy } from "../lm/retry-policy.ts";

/**
 * What a program's `forward` may use: everything that is about this one call and not about the program. Programs reach
 * the world through it alone, so they run bare and supervised unchanged.
 */
export interface CallContext {
  readonly runId: string;
  /** Aborted when the caller is gone, the deadline has passed or the system stops. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  readonly log: RunLog;
  /** The adapter that was set for this call, if one was: it goes before the program's and the client's. */
  readonly adapter?: Adapter;
  /**
   * The client of that name, or the only LM client there is.
   * @throws LmError `no_such_client`, which lists those there are (also when the name is left out and there are several)
   */
  client(name?: string): Promise<ContextClient>;
}

export interface ContextClient {
  readonly name: string;
  readonly lm: LanguageModel;
  /** The adapter that was set for this client, if one was. */
  readonly adapter?: Adapter;
}

/** Events of one run, for people who operate it. Never keys; prompt contents only where `logContents` was set. */
export interface RunLog {
  readonly contents: boolean;
  event(name: string, level: "debug" | "info" | "warn", facts: Readonly<Record<string, unknown>>): void;
}

/** A log that nobody reads. */
export const SILENT_LOG: RunLog = Object.freeze({ contents: false, event: () => undefined });
