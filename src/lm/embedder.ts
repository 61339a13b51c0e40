import type { LmUsage } from "./language-model.ts";

/**
 * The port to models that turn texts into vectors. As a language model does, an embedder makes exactly one request for
 * each `embed` and never tries again by itself; each failure is an `LmError`.
 */
export interface Embedder {
  readonly provider: string;
  readonly model: string;
  /** How much is best asked for at once; what is above either is for several requests. */
  readonly batch: EmbedderBatch;
  /**
   * A vector for each text, in their order, all of one length.
   * @throws LmError (rejects)
   * @throws UsageError (rejects) for a text that is empty, and for more texts than a request takes
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Embedded>;
  /**
   * Frees what it holds. Calls in flight end as `cancelled`, later ones fail as `client_down`. May be called twice.
   */
  close(): Promise<void>;
}

export interface EmbedderBatch {
  /** Texts. */
  readonly texts: number;
  /** Bytes of UTF-8 of all of them: no tokenizer that is in use makes two tokens of one. */
  readonly bytes: number;
}

export interface EmbedOptions {
  /** Aborting ends the request promptly with an `LmError` of code `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface Embedded {
  readonly vectors: readonly ArrayLike<number>[];
  /** No output tokens. */
  readonly usage: LmUsage;
}

/**
 * A frozen description of an embedder, opened as often as its owner starts. Holds no secret: `open` reads keys.
 */
export interface EmbedderSpec {
  readonly kind: "embedder";
  readonly provider: string;
  readonly model: string;
  /** @throws UsageError (rejects) with one line that says what to do, when the model cannot be had: no key. */
  open(): Promise<Embedder>;
}
