/** One request, and what is known of its fate. */
export interface Sent {
  /** Counts up from 1, in the order of their starts. */
  readonly order: number;
  readonly at: number;
  /** It came through: it was answered, or has been under way for longer than a refusal takes. */
  passed: boolean;
  /** Its end has been heard of. */
  over: boolean;
}

/**
 * What the fates of a client's requests tell about its provider: how many of those begun in this round came through, and
 * how many were refused. Counts, and decides nothing; no clock, no timer.
 *
 * Refusals are mostly heard of long before answers are, so requests that are still under way have to be counted too: who
 * has been out for longer than a refusal takes was let in.
 */
export interface Evidence {
  /** Under way: begun, and nothing heard of its end. */
  readonly inFlight: number;
  /** Of this round, the last {@link LAST} or so weighing most. */
  readonly passed: number;
  readonly refused: number;
  /** Refusals without a break: none that was begun after the first of them came through. */
  readonly inARow: number;
  /** The order of the first of them. */
  readonly firstInRow: number;
  /** For how long a request has to be out until it counts as let in. */
  readonly patienceMs: number;
  /** Starts a second, of late. */
  perSecond(now: number): number;
  begun(now: number): Sent;
  /** The next request that has been out for longer than a refusal takes, each once. */
  outlasted(now: number): Sent | undefined;
  /** Answered. Gives whether that is news: a request that had outlasted its refusal is counted already. */
  answered(sent: Sent): boolean;
  /** Refused. Gives whether it was begun in this round, and so whether it tells anything new. */
  refusal(sent: Sent, now: number): boolean;
  /** Ended in another way. */
  lost(sent: Sent): void;
  /** Only requests that begin from now on are counted: those under way tell of what was before. */
  newRound(): void;
  /** And a row of refusals begins with them as well. */
  newRow(): void;
  /** Whatever was under way has ended, and nobody will hear how. */
  forgetInFlight(): void;
}

/** So many requests are remembered, about: one in so many is forgotten with each. */
const LAST = 64;
/** A refusal that takes this many times longer than usual is late. */
const LATE = 2;
/** And no later than so much is none late: an event loop and a network have their moods. */
const GRACE_MS = 25;
/** Until the first refusal has been heard. */
const UNKNOWN_MS = 1_000;
/** Starts count for about so long in the rate at which they come. */
const RATE_MS = 250;

export function makeEvidence(): Evidence {
  let order = 0;
  /** The last one of the rounds before. */
  let mark = 0;
  let rowMark = 0;
  let passed = 0;
  let refused = 0;
  let inARow = 0;
  let firstInRow = 0;
  let inFlight = 0;
  let refusalMs: number | undefined;
  /** In order of their starts, from `head` on: those not yet known to have passed. */
  let waiting: Sent[] = [];
  let head = 0;
  let starts = 0;
  let startsAt = 0;

  const patienceMs = (): number => (refusalMs === undefined ? UNKNOWN_MS : refusalMs * LATE + GRACE_MS);
  const count = (passes: number, refusals: number): void => {
    passed = Math.max(0, passed - passed / LAST + passes);
    refused = refused - refused / LAST + refusals;
  };
  const end = (sent: Sent): boolean => {
    if (sent.over) return false;
    sent.over = true;
    inFlight -= 1;
    return true;
  };
  const pass = (sent: Sent): boolean => {
    if (sent.passed) return false;
    sent.passed = true;
    if (sent.order > mark) count(1, 0);
    if (sent.order > firstInRow) inARow = 0;
    return true;
  };
  const startsFadedTo = (now: number): number => starts * Math.exp(Math.min(0, startsAt - now) / RATE_MS);

  return Object.freeze({
    get inFlight() {
      return inFlight;
    },
    get passed() {
      return passed;
    },
    get refused() {
      return refused;
    },
    get inARow() {
      return inARow;
    },
    get firstInRow() {
      return firstInRow;
    },
    get patienceMs() {
      return patienceMs();
    },
    perSecond: (now: number) => (startsFadedTo(now) * 1_000) / RATE_MS,
    begun(now: number): Sent {
      const sent: Sent = { order: (order += 1), at: now, passed: false, over: false };
      inFlight += 1;
      starts = startsFadedTo(now) + 1;
      startsAt = now;
      waiting.push(sent);
      return sent;
    },
    outlasted(now: number): Sent | undefined {
      const until = now - patienceMs();
      for (let sent = waiting[head]; sent !== undefined; sent = waiting[head]) {
        if (!sent.over && sent.at > until) return undefined;
        head += 1;
        // Now and then, so that each costs the same however many there were.
        if (head > 64 && head * 2 > waiting.length) {
          waiting = waiting.slice(head);
          head = 0;
        }
        if (!sent.over && pass(sent)) return sent;
      }
      return undefined;
    },
    answered: (sent: Sent) => end(sent) && pass(sent),
    refusal(sent: Sent, now: number): boolean {
      if (!end(sent)) return false;
      const took = now - sent.at;
      // Quick to learn that they take longer, slow to forget it.
      refusalMs = refusalMs === undefined || took > refusalMs ? took : refusalMs + (took - refusalMs) / 16;
      if (sent.order > rowMark) {
        firstInRow = inARow === 0 ? sent.order : Math.min(firstInRow, sent.order);
        inARow += 1;
      }
      if (sent.order <= mark) return false;
      // It had been taken for let in.
      count(sent.passed ? -1 : 0, 1);
      return true;
    },
    lost: (sent: Sent) => void end(sent),
    newRound(): void {
      mark = order;
      passed = 0;
      refused = 0;
    },
    newRow(): void {
      rowMark = order;
      inARow = 0;
      firstInRow = order;
    },
    forgetInFlight(): void {
      waiting = [];
      head = 0;
      inFlight = 0;
      mark = order;
      rowMark = order;
      inARow = 0;
    },
  });
}
