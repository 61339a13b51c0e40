import { DspexError, UsageError, type LmSpec } from "dspex";
import type { WeightsProgress } from "../src/llama.ts";
import { progressBar, type BarStream } from "../demo/progress-bar.ts";
import { INTERRUPTED } from "../demo/run-demo.ts";
import type { Chapter } from "./chapter.ts";

export interface TourWorld {
  readonly out: BarStream;
  readonly err: BarStream;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** Milliseconds that never go backwards. */
  now(): number;
  /** The embedded model, its weights fetched where they are not there. */
  model(onProgress: (event: WeightsProgress) => void): Promise<LmSpec>;
}

/**
 * The chapters one after the other, on the embedded model. Gives the exit code: 0 seen to its end, 1 failed or no weights,
 * 130 interrupted. There is nothing that stands in for the model: without it there is nothing to see.
 */
export async function runTour(chapters: readonly Chapter[], world: TourWorld): Promise<number> {
  const { out, err, signal, now } = world;
  const end = (thrown: unknown, what: string): number => {
    if (!signal.aborted) err.write(`error: ${what}${oneLine(thrown)}\n`);
    else err.write("interrupted\n");
    return signal.aborted ? INTERRUPTED : 1;
  };

  let lm: LmSpec;
  try {
    lm = await world.model(progressBar(err));
  } catch (thrown) {
    return end(thrown, "the tour needs the embedded model, and it cannot be had: ");
  }
  const from = now();
  for (const [index, { title, run }] of chapters.entries()) {
    out.write(`${index === 0 ? "" : "\n\n"}── ${index + 1} of ${chapters.length}: ${title}\n\n`);
    try {
      const code = await run({ out, err, lm, signal, now });
      if (signal.aborted) return INTERRUPTED;
      if (code !== 0) return code;
    } catch (thrown) {
      return end(thrown, "");
    }
  }
  out.write(`\nThat was the tour: ${((now() - from) / 1_000).toFixed(0)} s on this machine, and no key.\n`);
  return 0;
}

function oneLine(thrown: unknown): string {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s*\n\s*/g, " ");
  const expected = thrown instanceof UsageError || thrown instanceof DspexError;
  return expected || !(thrown instanceof Error) ? message : `${thrown.name}: ${message}`;
}
