import { counted, dollars, duration } from "../reports/figures.ts";
import { barLine, type Figure, figureLine } from "./bar-line.ts";
import type { ProgressLine } from "./progress-bar.ts";
import type { Progress } from "./progress.ts";

/** As a bar where there are columns, else as a line. */
export function progressLine(now: () => Progress): ProgressLine {
  return (columns, over) => (columns === undefined ? progressText(now(), over) : barText(now(), columns, over));
}

/** A line with all there is to say. */
export function progressText(progress: Progress, over = false): string {
  return figureLine(figures(progress, over));
}

/** A bar and what fits beside it in so many columns. */
export function barText(progress: Progress, columns: number, over = false): string {
  return barLine(figures(progress, over), progress, columns);
}

function figures(progress: Progress, over: boolean): readonly Figure[] {
  const { done, total, score, failures, recorded, tokens, usd, ms } = progress;
  const rate = ms > 0 ? ((done - recorded) * 1_000) / ms : 0;
  return [
    { text: shareText(progress, "trials"), worth: 9 },
    { text: `score ${score.toFixed(2)}`, worth: 8 },
    { text: `${counted(failures)} failed`, worth: 6 },
    { text: `${rate.toFixed(1)}/s`, worth: 3 },
    { text: `${counted(tokens)} tokens`, worth: 2 },
    { text: usd > 0 ? dollars(usd) : "", worth: 4 },
    { text: recorded > 0 ? `${counted(recorded)} from the journal` : "", worth: 1 },
    { text: timeText({ done, total, recorded, ms }, over), worth: 7 },
  ];
}

/** `12/40 trials (30%)` */
export function shareText({ done, total }: Pick<Progress, "done" | "total">, what: string): string {
  const percent = total === undefined || total === 0 ? "" : ` (${Math.floor((100 * done) / total)}%)`;
  return `${counted(done)}${total === undefined ? "" : `/${counted(total)}`} ${what}${percent}`;
}

/** What it took, or what is left of it at its pace, as far as that is known. What a journal gave took no time. */
export function timeText(
  { done, total, recorded, ms }: Pick<Progress, "done" | "total" | "recorded" | "ms">,
  over: boolean,
): string {
  if (over) return `took ${duration(ms)}`;
  const rate = ms > 0 ? (done - recorded) / ms : 0;
  return total === undefined || rate <= 0 ? "" : `${duration(Math.max(0, total - done) / rate)} left`;
}
