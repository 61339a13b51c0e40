/** Something that was started under a limit, at a time and at a cost; each window that counts it reads its own amount. */
export interface Started {
  readonly at: number;
  /** Settled later, when the real cost is known. */
  tokens: number;
}

export interface WindowOptions {
  /** Most that may start within any `spanMs`. */
  readonly cap: number;
  readonly spanMs: number;
  readonly counts: "requests" | "tokens";
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
  const { cap, spanMs, counts } = options;
  // Counted ones in order of their starts, from `head` on.
  let entries: Started[] = [];
  let head = 0;
  let total = 0;

  const amountOf = (started: Started): number => (counts === "requests" ? 1 : started.tokens);
  const endOf = (started: Started): number => started.at + spanMs * Math.max(1, amountOf(started) / cap);

  const forgetEnded = (now: number): void => {
    for (let first = entries[head]; first !== undefined && endOf(first) <= now; first = entries[head]) {
      total -= amountOf(first);
      head += 1;
    }
    if (head > 64 && head * 2 > entries.length) {
      entries = entries.slice(head);
      head = 0;
    }
    if (head === entries.length) total = 0;
  };

  const freeAt = (cost: number, now: number): number => {
    forgetEnded(now);
    let left = total;
    let at = now;
    for (let index = head; left > 0 && left + cost > cap && index < entries.length; index += 1) {
      // The loop ends before the list does.
      const entry = entries[index] as Started;
      left -= amountOf(entry);
      at = Math.max(at, endOf(entry));
    }
    return at;
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
      const first = awaited === undefined ? now : Math.max(now, endOf(awaited));
      return first + rounds * spanMs;
    },
    add(started) {
      entries.push(started);
      total += amountOf(started);
    },
    changed(started, difference) {
      if (counts !== "tokens") return;
      // Starts come in order of time, so what is older than the oldest counted one is not counted any more.
      const oldest = entries[head];
      if (oldest !== undefined && (started.at > oldest.at || isCounted(entries, head, started))) total += difference;
    },
  };
}

/** Whether it is among those that started at the same time as the oldest. */
function isCounted(entries: readonly Started[], head: number, started: Started): boolean {
  for (let index = head; entries[index]?.at === started.at; index += 1) if (entries[index] === started) return true;
  return false;
}
