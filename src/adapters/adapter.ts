import type { LmCapabilities, LmCompletion, LmRequest } from "../lm/language-model.ts";
import type { Demo } from "../signatures/example.ts";
import type { AnySignature } from "../signatures/signature-value.ts";
import type { PartialReader } from "./answer/partial-reader.ts";

/**
 * Turns a signature, its demos and some inputs into a conversation, and what the model says into field values. Pure: an
 * adapter says what to ask and how to read the answer, and never asks by itself.
 */
export interface Adapter {
  readonly name: string;
  /**
   * Its options as plain data, which with its name say all that sets it apart: saved files and digests know it by them.
   * Left out: it has none.
   */
  readonly settings?: AdapterSettings;
  /**
   * Of an adapter of one's own: another one for another way to write or to read. Left out: digests go by the source text
   * of its functions.
   */
  readonly version?: string | number;
  /** Adapters that it asks through. Left out: none. */
  readonly parts?: readonly Adapter[];
  /** Whether a model with these capabilities can be asked in this layout. */
  fits(capabilities: LmCapabilities): boolean;
  /**
   * Everything that is the same for all calls of a program: built once, then used for each.
   * @throws UsageError that names the field, for a signature that this layout has no words for
   */
  prepare(signature: AnySignature, demos: readonly Demo[]): PreparedPrompt;
}

/** An adapter's options as plain data. */
export type AdapterSettings = Readonly<Record<string, unknown>>;

export interface PreparedPrompt {
  /** The first question about these (valid) inputs, to a model that can do so much. */
  begin(inputs: FieldValues, capabilities: LmCapabilities): AskStep;
}

export type FieldValues = Readonly<Record<string, unknown>>;

export type AdapterStep = AskStep | DoneStep | UnreadableStep;

/** Put this to the model and read what comes; one program call may take several of these (one for each output, say). */
export interface AskStep {
  readonly kind: "ask";
  /** The name of the client that this is for, where it is not the call's own. */
  readonly client?: string;
  /** The caller lays its own sampling options over it; stops of both count. */
  readonly request: LmRequest;
  read(completion: LmCompletion): AdapterStep;
  /** A reader for one answer to this, by field while it comes. Left out: this answer is not for the user's eyes. */
  partial?(): PartialReader;
}

export interface DoneStep {
  readonly kind: "done";
  /**
   * Every output of the signature, in its order, each of its type. The constraints of the fields are the caller's to
   * check, as DSPy's adapters never do; what violates them is asked for anew with {@link DoneStep.again}.
   */
  readonly fields: FieldValues;
  /** What had to be mended to read it ("a bracket that was not closed"), for people. Empty when it was right as it came. */
  readonly mended: readonly string[];
  /** The model's text. */
  readonly raw: string;
  /** The same question once more in the same conversation, with a problem that the caller found. */
  again(problem: string): AskStep;
}

export interface UnreadableStep {
  readonly kind: "unreadable";
  /** One line: what was expected and what came; shaped for a model to read. */
  readonly problem: string;
  /** The output that could not be had, where it is known which. */
  readonly field?: string;
  /** The model's text. */
  readonly raw: string;
  /** The same question once more in the same conversation, with the problem said. */
  readonly again: AskStep;
}
