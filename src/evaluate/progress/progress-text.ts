import { counted, dollars, duration } from "../reports/figures.ts";
import type { Progress } from "./progress.ts";

/** Signs of a bar, where there is room. */
const BAR = 24;
const SHORTEST_BAR = 8;
/** Columns of a terminal from which on figures make room for a bar. */
const WIDE = 50;

/** Figures of a line: those that are worth less go first where there is no room. */
interface Figure {
  readonly text: string;
  readonly worth: number;
}

/** A line with all there is to say. */
export function progressText(progress: Progress, over = false): string {
  return figures(progress, over)
    .map(({ text }) => text)
    .join(" · ");
}

/** A bar and what fits beside it in so many columns. */
export function barText(progress: Progress, columns: number, over = false): string {
  const { done, total } = progress;
  // The last column stays free: some terminals begin a new line after it.
  const room = Math.max(0, columns - 1);
  const bar = total !== undefined && columns >= WIDE ? SHORTEST_BAR + 1 : 0;
  let kept = figures(progress, over);
  const text = (): string => kept.map((figure) => figure.text).join(" · ");
  while (kept.length > 1 && text().length > room - bar) {
    const least = Math.min(...kept.map(({ worth }) => worth));
    kept = kept.filter(({ worth }) => worth !== least);
  }
  const length = Math.min(BAR, room - text().length - 1);
  if (total === undefined || length < SHORTEST_BAR) return text().slice(0, room);
  const full = total === 0 ? length : Math.floor((length * Math.min(done, total)) / total);
  return `${"█".repeat(full)}${"░".repeat(length - full)} ${text()}`;
}

function figures(progress: Progress, over: boolean): readonly Figure[] {
  const { done, total, score, failures, recorded, tokens, usd, ms } = progress;
  const rate = ms > 0 ? ((done - recorded) * 1_000) / ms : 0;
  const left = total !== undefined && rate > 0 && !over ? ((total - done) * 1_000) / rate : undefined;
  const percent = total === undefined || total === 0 ? "" : ` (${Math.floor((100 * done) / total)}%)`;
  const of = total === undefined ? "" : `/${counted(total)}`;
  return [
    { text: `${counted(done)}${of} trials${percent}`, worth: 9 },
    { text: `score ${score.toFixed(2)}`, worth: 8 },
    { text: `${counted(failures)} failed`, worth: 6 },
    { text: `${rate.toFixed(1)}/s`, worth: 3 },
    { text: `${counted(tokens)} tokens`, worth: 2 },
    { text: usd > 0 ? dollars(usd) : "", worth: 4 },
    { text: recorded > 0 ? `${counted(recorded)} from the journal` : "", worth: 1 },
    { text: over ? `took ${duration(ms)}` : left === undefined ? "" : `${duration(left)} left`, worth: 7 },
  ].filter(({ text }) => text !== "");
}
