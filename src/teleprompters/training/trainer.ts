import type { LmMessage, LmTool } from "../../lm/message.ts";
import type { TrainingLife } from "./training-step.ts";

/**
 * Trains a model on conversations (a port): a provider's fine-tuning jobs, a file for whoever trains by other means. Its settings
 * hold no secret; what it opens, it closes.
 */
export interface Trainer {
  /** What it is called: `openai`. */
  readonly kind: string;
  /** Raised when it does otherwise what it did. */
  readonly version: number;
  /** What it was made with, as data. */
  readonly settings: Readonly<Record<string, unknown>>;
  /**
   * Called before anything is paid for whose results it would train on. Left out: there is nothing to find out.
   * @throws UsageError where it could not train: no key
   */
  check?(): void;
  /** `false`: it trains nothing itself, and costs nothing. Default true. */
  readonly trains?: boolean;
  /**
   * Trains, or goes on with it: see `TrainingStep.perform`, whose rules hold here. Nothing is ever begun twice: what may have been
   * begun is looked for first.
   */
  train(job: TrainingJob, life: TrainingLife): Promise<Trained>;
}

export interface TrainingJob {
  /** Whose rows these are: a predictor's path, or `all`. */
  readonly name: string;
  readonly rows: readonly TrainingRow[];
}

/** A conversation whose last message is what the model is to learn. */
export interface TrainingRow {
  readonly messages: readonly LmMessage[];
  /** Those that the model was offered. Left out: none. */
  readonly tools?: readonly LmTool[];
}

/** What a training came to. */
export type Trained =
  /** The name of the model, for requests to the server that trained it. Left out: this trainer trains none itself. */
  | { readonly model?: string; readonly trainedTokens?: number }
  /** Why there is none, in the provider's words, where it is no use to go on. */
  | { readonly failed: string };
