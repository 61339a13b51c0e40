/** Something that was started under a limit, at a time and at a cost; each window that counts it reads its own amount. */
export interface Started {
  readonly at: number;
  /** Its connection had yet to open, and its code to warm up: it may have reached the server much later. */
  readonly cold: boolean;
  /** Settled later, when the real cost is known. */
  tokens: number;
  /** How long its answer took, once it is there. */
  tookMs: number | undefined;
  /** The windows that do not count it any more, a bit for each. */
  overIn: number;
}

export interface WindowOptions {
  /** Most that may start within any `spanMs`. */
  readonly cap: number;
  readonly spanMs: number;
  readonly counts: "requests" | "tokens";
  /** This window's bit in {@link Started.overIn}. */
  readonly bit: number;
  /** How much longer this one counts, since it may have reached the server late; at least 0. */
  readonly marginOf: (started: Started) => number;
}

/**
 * What has started within the last `spanMs`, one by one, so that no span of that length ever holds more than the cap. A
 * single cost above the cap starts when nothing else is counted, and is counted for as many spans as it fills.
 */
export interface SlidingWindow extends WindowOptions {
  /** When `cost` more may start, nothing else starting before; `now` if at once. */
  freeAt(cost: number, now: number): number;
  /** When the request behind `ahead` others (which cost `aheadCost` in all) may start, if nothing else comes: never too late. */
  freeBehind(ahead: number, aheadCost: number, cost: number, now: number): number;
  add(started: Started): void;
  /** To be called after `started.tokens` has changed by `difference`. */
  changed(started: Started, difference: number): void;
}

export function slidingWindow(options: WindowOptions): SlidingWindow {
  const { cap, spanMs, counts, bit, marginOf } = options;
  // In order of their starts, from `head` on; those whose answers were late outlast some that started after them.
  let entries: Started[] = [];
  let head = 0;
  let total = 0;

  const amountOf = (started: Started): number => (counts === "requests" ? 1 : started.tokens);
  /** Without its margin. */
  const earliestEndOf = (started: Started): number => started.at + spanMs * Math.max(1, amountOf(started) / cap);
  const endOf = (started: Started): number => earliestEndOf(started) + marginOf(started);
  const isOver = (started: Started): boolean => (started.overIn & bit) !== 0;

  const forgetEnded = (now: number): void => {
    for (let index = head; index < entries.length; index += 1) {
      // The loop ends before the list does.
      const entry = entries[index] as Started;
      if (entry.at + spanMs > now) break;
      if (!isOver(entry) && endOf(entry) <= now) {
        entry.overIn |= bit;
        total -= amountOf(entry);
      }
      if (index === head && isOver(entry)) head += 1;
    }
    if (head > 64 && head * 2 > entries.length) {
      entries = entries.slice(head);
      head = 0;
    }
  };

  const freeAt = (cost: number, now: number): number => {
    forgetEnded(now);
    // Whatever costs more than the cap waits until nothing is counted.
    let missing = Math.min(total, total + cost - cap);
    if (missing <= 0) return now;
    const awaited: Started[] = [];
    let gathered = 0;
    let latest = now;
    for (let index = head; index < entries.length; index += 1) {
      const entry = entries[index] as Started;
      if (isOver(entry)) continue;
      if (gathered >= missing && entry.at + spanMs >= latest) break;
      awaited.push(entry);
      if (gathered < missing) latest = Math.max(latest, endOf(entry));
      gathered += amountOf(entry);
    }
    for (const entry of awaited.sort((a, b) => endOf(a) - endOf(b))) {
      missing -= amountOf(entry);
      if (missing <= 0) return Math.max(now, endOf(entry));
    }
    return latest;
  };

  return {
    ...options,
    freeAt,
    freeBehind(ahead, aheadCost, cost, now) {
      if (counts === "tokens") {
        // What is started within k spans is at most k caps; whatever is above the cap waits until it is alone.
        const spans = Math.floor((aheadCost + Math.min(cost, cap) - 1) / cap);
        return spans <= 0 ? freeAt(cost, now) : now + spans * spanMs;
      }
      forgetEnded(now);
      const counted = entries.length - head;
      const rounds = Math.floor(ahead / cap);
      const awaited = entries[head + (ahead % cap) + counted - cap];
      const first = awaited === undefined ? now : Math.max(now, earliestEndOf(awaited));
      return first + rounds * spanMs;
    },
    add(started) {
      entries.push(started);
      total += amountOf(started);
    },
    changed(started, difference) {
      if (counts === "tokens" && !isOver(started)) total += difference;
    },
  };
}
