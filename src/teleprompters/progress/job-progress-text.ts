import { barLine, type Figure, figureLine } from "../../evaluate/progress/bar-line.ts";
import { shareText, timeText } from "../../evaluate/progress/progress-text.ts";
import { counted, dollars } from "../../evaluate/reports/figures.ts";
import { visible } from "../../evaluate/reports/visible-text.ts";
import type { JobProgress } from "./job-progress.ts";

/** As a bar where there are columns, else as a line with all there is to say. */
export function jobProgressText(progress: JobProgress, columns: number | undefined, over: boolean): string {
  const figures = figuresOf(progress, over);
  return columns === undefined ? figureLine(figures) : barLine(figures, progress, columns);
}

function figuresOf(progress: JobProgress, over: boolean): readonly Figure[] {
  const { state, trial, curve, best, lmCalls, tokens, usd, asks } = progress;
  return [
    { text: state === "running" || state === "done" ? "" : state, worth: 11 },
    { text: `trial ${counted(trial)}`, worth: 10 },
    { text: sparkline(curve), worth: 5 },
    { text: best === undefined ? "" : `best ${best.toFixed(2)}`, worth: 9 },
    { text: shareText(progress, "runs"), worth: 7 },
    { text: `${counted(lmCalls)} LM ${lmCalls === 1 ? "call" : "calls"}`, worth: 6 },
    { text: `${counted(tokens)} tokens`, worth: 2 },
    { text: usd > 0 ? dollars(usd) : "", worth: 4 },
    // The pace of a pause says nothing.
    { text: state === "paused" ? "" : timeText(progress, over), worth: 8 },
    { text: asks.length === 0 ? "" : `now ${underWay(asks)}`, worth: 3 },
  ];
}

/** Asks that are named, and signs of each. */
const NAMED = 2;
const LONGEST = 30;

function underWay(asks: JobProgress["asks"]): string {
  const named = asks.slice(0, NAMED).map(({ about, done, trials }) => {
    const short = about.length > LONGEST ? `${about.slice(0, LONGEST)}…` : about;
    return trials === 0 ? visible(short) : `${visible(short)} ${counted(done)}/${counted(trials)}`;
  });
  const rest = asks.length - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${counted(rest)} more` : ""}`;
}

const SIGNS = "▁▂▃▄▅▆▇█";
/** Scores in a curve: the last ones. */
const POINTS = 16;

/** A curve of one line, from its lowest score to its highest. Nothing where there are not two. */
export function sparkline(scores: readonly number[]): string {
  const last = scores.slice(-POINTS);
  if (last.length < 2) return "";
  const [low, high] = [Math.min(...last), Math.max(...last)];
  const place = (score: number): number =>
    high === low ? 0 : Math.round(((score - low) / (high - low)) * (SIGNS.length - 1));
  return last.map((score) => SIGNS[place(score)] ?? "").join("");
}
