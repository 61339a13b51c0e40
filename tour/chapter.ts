import type { LmSpec } from "dspex";
import type { CliWorld } from "../src/cli/cli-world.ts";

/** What a chapter has to do with; its signal aborted, a chapter ends soon, and tells what there is. */
export interface ChapterWorld extends CliWorld {
  /** The embedded model; its weights are there. */
  readonly lm: LmSpec;
}

/** A part of the tour: one file of `chapters/`, and one line in `main.ts`. */
export interface Chapter {
  readonly title: string;
  /** Gives an exit code, as `npm start` counts them: 0, unless something went wrong. What it throws is told in one line. */
  run(world: ChapterWorld): Promise<number>;
}
