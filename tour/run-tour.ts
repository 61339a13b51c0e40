import { DspexError, UsageError, type LmSpec } from "dspex";
import type { WeightsProgress } from "../src/llama.ts";
import { weightsBar } from "../src/cli/answer/weights-bar.ts";
import type { CliWorld } from "../src/cli/cli-world.ts";
import { EXIT } from "../src/cli/exit-code.ts";
import type { Chapter } from "./chapter.ts";

export interface TourWorld extends CliWorld {
  /** The embedded model, its weights fetched where they are not there. */
  model(onProgress: (event: WeightsProgress) => void): Promise<LmSpec>;
}

/**
 * The chapters one after the other, on the embedded model. Gives the exit code: 0 seen to its end, 1 failed or no weights,
 * 130 interrupted. There is nothing that stands in for the model: without it there is nothing to see.
 */
export async function runTour(chapters: readonly Chapter[], world: TourWorld): Promise<number> {
  const { model, ...own } = world;
  const { out, err, signal, clock } = own;
  const end = (thrown: unknown, what: string): number => {
    if (!signal.aborted) err.write(`error: ${what}${oneLine(thrown)}\n`);
    else err.write("interrupted\n");
    return signal.aborted ? EXIT.interrupted : 1;
  };

  let lm: LmSpec;
  try {
    lm = await model(weightsBar(err));
  } catch (thrown) {
    return end(thrown, "the tour needs the embedded model, and it cannot be had: ");
  }
  const from = clock.now();
  for (const [index, { title, run }] of chapters.entries()) {
    out.write(`${index === 0 ? "" : "\n\n"}── ${index + 1} of ${chapters.length}: ${title}\n\n`);
    try {
      const code = await run({ ...own, lm });
      if (signal.aborted) return EXIT.interrupted;
      if (code !== 0) return code;
    } catch (thrown) {
      return end(thrown, "");
    }
  }
  out.write(`\nThat was the tour: ${((clock.now() - from) / 1_000).toFixed(0)} s on this machine, and no key.\n`);
  return 0;
}

function oneLine(thrown: unknown): string {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s*\n\s*/g, " ");
  const expected = thrown instanceof UsageError || thrown instanceof DspexError;
  return expected || !(thrown instanceof Error) ? message : `${thrown.name}: ${message}`;
}
