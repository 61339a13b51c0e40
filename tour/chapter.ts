import type { LmSpec } from "dspex";
import type { BarStream } from "../demo/progress-bar.ts";

/** What a chapter has to do with. */
export interface ChapterWorld {
  readonly out: BarStream;
  readonly err: BarStream;
  /** The embedded model; its weights are there. */
  readonly lm: LmSpec;
  /** Aborted when the user has had enough: a chapter then ends soon, and tells what there is. */
  readonly signal: AbortSignal;
  /** Milliseconds that never go backwards. */
  now(): number;
}

/** A part of the tour: one file of `chapters/`, and one line in `main.ts`. */
export interface Chapter {
  readonly title: string;
  /** Gives an exit code, as `npm start` counts them: 0, unless something went wrong. What it throws is told in one line. */
  run(world: ChapterWorld): Promise<number>;
}
