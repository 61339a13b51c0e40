// The servers of the simulation: whether a request that comes now is refused, and how long that or its answer takes.
import type { Random } from "../../../../src/foundation/random.ts";
import { LmError } from "../../../../src/lm/failure.ts";

export type Server = (at: { readonly now: number; readonly inFlight: number; readonly random: Random }) => Reply;

export interface Reply {
  readonly failure?: LmError;
  readonly tookMs: number;
}

export interface Times {
  readonly answerMs: number;
  /** Default: as long as an answer. */
  readonly refusalMs?: number;
}

/** A server by what it says of each request: `false` lets it in, a number or `true` refuses it, with or without a wait. */
function server(
  { answerMs, refusalMs = answerMs }: Times,
  refuses: (at: { readonly now: number; readonly inFlight: number; readonly random: Random }) => boolean | number,
): Server {
  return (at) => {
    const told = refuses(at);
    const spread = 0.9 + 0.2 * at.random.next();
    if (told === false) return { tookMs: answerMs * spread };
    return { failure: refusal(told === true ? undefined : told), tookMs: refusalMs * spread };
  };
}

function refusal(retryAfterMs: number | undefined): LmError {
  const wait = retryAfterMs !== undefined && { retryAfterMs };
  return new LmError("slow down", { code: "rate_limited", ...wait });
}

/** Refuses some at random. */
export function scattered(share: number, retryAfterMs: number | undefined, times: Times): () => Server {
  return () => server(times, ({ random }) => random.next() < share && (retryAfterMs ?? true));
}

/** Refuses everything until then, and nothing after it. */
export function walled(untilMs: number, retryAfterMs: number | undefined, times: Times): () => Server {
  return () => server(times, ({ now }) => now < untilMs && (retryAfterMs ?? true));
}

/** So many a second, as a bucket that fills evenly and holds as many as `burst`; may say when the next one fits. */
export function bucket(perSecond: number, burst: number, says: boolean, times: Times): () => Server {
  return () => {
    let [left, at] = [burst, 0];
    return server(times, ({ now }) => {
      left = Math.min(burst, left + ((now - at) * perSecond) / 1_000);
      at = now;
      if (left < 1) return !says || Math.ceil(((1 - left) * 1_000) / perSecond);
      left -= 1;
      return false;
    });
  };
}

/** So many in each second of the clock; says when the next one begins. */
export function fixedWindow(perSecond: number, times: Times): () => Server {
  return () => {
    let [second, count] = [-1, 0];
    return server(times, ({ now }) => {
      const current = Math.floor(now / 1_000);
      if (current !== second) [second, count] = [current, 0];
      count += 1;
      return count > perSecond && Math.ceil((second + 1) * 1_000 - now);
    });
  };
}

/** So many at a time. */
export function concurrent(most: number, times: Times): () => Server {
  return () => server(times, ({ inFlight }) => inFlight >= most);
}

/** Well for a second, down until then, and for another second well with 10 in flight at most. */
export function recovering(upAt: number, times: Times): () => Server {
  return () =>
    server(times, ({ now, inFlight }) => {
      if (now >= 1_000 && now < upAt) return upAt - now;
      return now >= upAt && now < upAt + 1_000 && inFlight >= 10;
    });
}
