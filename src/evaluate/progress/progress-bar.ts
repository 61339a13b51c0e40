import type { Clock, Timer } from "../../foundation/clock.ts";
import type { StatusLine } from "../../foundation/status-line.ts";

/** Milliseconds between two looks at a terminal's bar, and between two lines where there is no terminal. */
const REDRAW_MS = 100;
const LINE_MS = 5_000;

/** What there is to say now, in so many columns; undefined: as many as it takes. */
export type ProgressLine = (columns: number | undefined, over: boolean) => string;

/** Shows at intervals how far it is, whether anything has changed or not: time left and elapsed go on. */
export function progressBar(clock: Clock, line: StatusLine, now: ProgressLine): { end(): void } {
  let timer: Timer | undefined;
  const text = (over: boolean): string => now(line.columns, over);
  const wait = (): void => {
    const ms = line.columns === undefined ? LINE_MS : REDRAW_MS;
    timer = clock.setTimer(ms, tick, { background: true });
  };
  const tick = (): void => {
    line.show(text(false));
    wait();
  };
  if (line.columns !== undefined) line.show(text(false));
  wait();
  return {
    end() {
      if (timer !== undefined) clock.clearTimer(timer);
      line.show(text(true));
      line.end();
    },
  };
}
