import { asError } from "../../foundation/errors.ts";
import { onAbort } from "../../foundation/on-abort.ts";

/** What a request of a hedged pair is to tell. */
export interface HedgeWatch {
  /** Its answer is there. To be told before its place at the client is free, which is not for the one beside it. */
  answered(): void;
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
    let winner: Try | undefined;
    let over = false;

    const abort = (reason: unknown): void => {
      for (const each of [first, second]) if (each?.state !== "over") each?.controller.abort(reason);
    };
    const cancel = (): void => abort(signal?.reason);
    const deafen = signal && onAbort(signal, cancel, life);
    const end = (reason?: Error): void => {
      over = true;
      deafen?.();
      abort(reason);
    };
    const begin = (tried: Try, watch: Omit<HedgeWatch, "answered">): void => {
      const other = (): Try | undefined => (tried === first ? second : first);
      const answered = (): void => {
        winner ??= tried;
        if (winner === tried && other()?.state !== "over")
          other()?.controller.abort(new Error("another request was faster"));
      };
      work(tried.controller.signal, { ...watch, answered }).then(
        (value) => {
          if (over) return;
          answered();
          tried.state = "over";
          end();
          resolve(value);
        },
        (thrown: unknown) => {
          tried.state = "over";
          const hope = winner === undefined ? other()?.state === "sent" : winner !== tried;
          if (over || hope) return;
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
    begin(first, { slow: beginSecond });
    if (signal?.aborted) cancel();
  });
}
