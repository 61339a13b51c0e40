import type { Clock } from "../../foundation/clock.ts";

/**
 * A step that somebody else takes, slowly and for money: a fine-tuning job, an update of a policy. Whoever writes one says how it is
 * gone on with: it may be performed several times, after a request that failed and in later lives of its job, and must never
 * do twice what it has done, or may have done, before. What it notes tells it.
 */
export interface TrainingStep {
  /** What it is for, in a word or two: journals and progress tell it. */
  readonly about: string;
  /** All that sets it apart, as plain data: a later life that asks for something else is refused. */
  readonly facts: unknown;
  /** Whether nobody is paid for it. Default false: its job says that no budget counts it. */
  readonly isFree?: boolean;
  /**
   * Takes it, or goes on where its notes say. Resolves with what it came to, as JSON, a failure that no further try would mend
   * included: that is what every later life is given.
   * @throws LmError (rejects) that is `retryable`: it is performed again after a while. Any other ends the job, which can be gone on with
   */
  perform(life: TrainingLife): Promise<unknown>;
}

/** What a step is given each time that it is performed. */
export interface TrainingLife {
  /** The step's own, the same in all its lives, and unlike any other's anywhere: what is sent is marked by it, to be found again. */
  readonly id: string;
  /** What was noted so far, in order, in earlier lives too. */
  readonly notes: readonly unknown[];
  /**
   * Notes something, as JSON. Resolves when it is safe: what cannot be undone is done only then.
   * @throws StoreError (rejects)
   */
  note(value: unknown): Promise<void>;
  /** How it is going, in a few words: for progress alone. */
  tell(text: string): void;
  /**
   * Resolves after so many ms, by the job's clock. Who waits has got on: failures before it are forgotten.
   * @throws the signal's reason (rejects)
   */
  wait(ms: number): Promise<void>;
  /** Aborted when the job's life ends. */
  readonly signal: AbortSignal;
  /** Whether nobody will go on with it: its job was cancelled for good, or its search has ended without it. */
  readonly isCancelled: boolean;
  readonly clock: Clock;
}
