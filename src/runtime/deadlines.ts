import type { AsyncScope } from "../foundation/async-scope.ts";
import type { Clock, Timer } from "../foundation/clock.ts";

/** Something that is given up when its time is over. The links are the line's own; start with `undefined`. */
export interface Waiting {
  /** By the clock. */
  readonly due: number;
  line: Line | undefined;
  before: Waiting | undefined;
  after: Waiting | undefined;
  late(): void;
}

/** All that wait for one length of time, in the order of their ends, which is about the one in which they come. */
interface Line {
  readonly ms: number;
  first: Waiting | undefined;
  last: Waiting | undefined;
  timer: Timer | undefined;
  /** When that fires: no later than the first is due. */
  firesAt: number;
}

/** A timer may come this much early by a clock that counts finer than it fires. */
const EARLY_MS = 1;

/**
 * The timeouts of calls and runs. Nearly all are answered long before, so setting and clearing a timer of its own would be
 * a quarter of what a call costs: those of one length share one timer.
 */
export interface Deadlines {
  /** @param ms about how long it is until it is due: for a line in which most come in the order of their ends */
  add(waiting: Waiting, ms: number): void;
  remove(waiting: Waiting): void;
}

/** @param scope where the timers are set: in the context of a call they would keep its caller's for as long as calls come */
export function makeDeadlines(clock: Clock, scope: AsyncScope): Deadlines {
  const lines = new Map<number, Line>();
  let tidying = false;

  const setTimer = (line: Line, { due }: Waiting, now: number): void => {
    line.firesAt = due;
    line.timer = scope.runInAsyncScope(clock.setTimer, clock, Math.max(0, due - now), () => fire(line));
  };

  const fire = (line: Line): void => {
    line.timer = undefined;
    const now = clock.now();
    for (let { first } = line; first !== undefined && first.due <= now + EARLY_MS; { first } = line) {
      remove(first);
      first.late();
    }
    if (line.first !== undefined) setTimer(line, line.first, now);
  };

  /** A line that stays empty keeps no timer: it would keep the process alive. */
  const tidy = (): void => {
    tidying = false;
    for (const [ms, line] of lines) {
      if (line.first !== undefined) continue;
      lines.delete(ms);
      if (line.timer !== undefined) clock.clearTimer(line.timer);
    }
  };

  function put(waiting: Waiting, line: Line): void {
    let before = line.last;
    while (before !== undefined && before.due > waiting.due) ({ before } = before);
    const after = before === undefined ? line.first : before.after;
    waiting.before = before;
    waiting.after = after;
    if (before === undefined) line.first = waiting;
    else before.after = waiting;
    if (after === undefined) line.last = waiting;
    else after.before = waiting;
  }

  function remove(waiting: Waiting): void {
    const { line, before, after } = waiting;
    if (line === undefined) return;
    if (before === undefined) line.first = after;
    else before.after = after;
    if (after === undefined) line.last = before;
    else after.before = before;
    waiting.line = waiting.before = waiting.after = undefined;
    if (line.first !== undefined || tidying) return;
    // Who was answered often asks again at once: only what is still empty a turn later is tidied away.
    tidying = true;
    setImmediate(tidy);
  }

  return {
    add(waiting, ms) {
      let line = lines.get(ms);
      if (line === undefined) {
        line = { ms, first: undefined, last: undefined, timer: undefined, firesAt: Infinity };
        lines.set(ms, line);
      }
      waiting.line = line;
      put(waiting, line);
      if (line.timer !== undefined && line.firesAt <= waiting.due) return;
      if (line.timer !== undefined) clock.clearTimer(line.timer);
      setTimer(line, waiting, clock.now());
    },
    remove,
  };
}
