import { asError } from "../foundation/errors.ts";

/** What a request of a hedged pair is to tell. */
export interface HedgeWatch {
  /** It is really made: it has left its client's line. */
  sent?(): void;
  /** It was made so long ago that a second one is worth its price. */
  slow?(): void;
}

export interface HedgeOptions {
  /** Aborting it aborts what is under way. */
  readonly signal?: AbortSignal;
  /** Aborted when nobody waits any more, and nothing of the work will settle: then nobody listens to `signal` either. */
  readonly life: AbortSignal;
  /** The second one is made. */
  readonly onHedge?: () => void;
}

interface Try {
  readonly controller: AbortController;
  state: "waiting" | "sent" | "over";
}

/**
 * Does the work a second time when the first says that it is slow; the first that succeeds counts, and the other one's
 * signal is aborted (Dean and Barroso, "The Tail at Scale", 2013). The second may have to wait until it is made: until then
 * it is none, and the first one's failure is the failure. Afterwards it is one only when both have failed.
 */
export function hedged<T>(
  work: (signal: AbortSignal, watch: HedgeWatch) => Promise<T>,
  { signal, life, onHedge }: HedgeOptions,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const first: Try = { controller: new AbortController(), state: "sent" };
    let second: Try | undefined;
    let over = false;

    const abort = (reason: unknown): void => {
      for (const each of [first, second]) if (each?.state !== "over") each?.controller.abort(reason);
    };
    const onAbort = (): void => abort(signal?.reason);
    const end = (reason?: Error): void => {
      over = true;
      signal?.removeEventListener("abort", onAbort);
      abort(reason);
    };
    const begin = (tried: Try, watch: HedgeWatch): void => {
      work(tried.controller.signal, watch).then(
        (value) => {
          if (over) return;
          tried.state = "over";
          end(new Error("another request was faster"));
          resolve(value);
        },
        (thrown: unknown) => {
          tried.state = "over";
          const other = tried === first ? second : first;
          if (over || other?.state === "sent") return;
          end(new Error("the request beside it failed before this one was made"));
          reject(asError(thrown));
        },
      );
    };
    const beginSecond = (): void => {
      if (over || second !== undefined) return;
      const tried: Try = (second = { controller: new AbortController(), state: "waiting" });
      begin(tried, {
        sent() {
          tried.state = "sent";
          onHedge?.();
        },
      });
    };
    signal?.addEventListener("abort", onAbort, { once: true, signal: life });
    begin(first, { slow: beginSecond });
    if (signal?.aborted) onAbort();
  });
}
