/** What is new about one output of one predictor, while the model still writes. */
export interface AnswerPart<Path extends string = string, Name extends string = string> {
  /** The predictor's path in the program, as in `program.predictors()`; `self` for a predictor that was run by itself. */
  readonly predictor: Path;
  readonly field: Name;
  /**
   * Of a text (`str`, `Optional[str]`), what comes next: all of them together are the value. Of another type, the text of
   * its value, in one piece with `done`.
   */
  readonly delta: string;
  /** Whether this was the field's last one. */
  readonly done: boolean;
}

/**
 * Takes parts as they come. Resolves when more may come: whoever reads the model's stream waits for it. Rejects when
 * nobody listens any more.
 */
export type PartListener = (parts: readonly AnswerPart[]) => Promise<void>;
