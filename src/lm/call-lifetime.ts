import type { Clock } from "../foundation/clock.ts";
import { LmError, cancelledError } from "./failure.ts";

/** One request from its start to its end: what may end it early, and with which failure. */
export interface CallLifetime {
  /** Aborted when the call is ended early: closes the socket of an answer that is still coming. */
  readonly signal: AbortSignal;
  /** The promise's outcome, or the failure of a call that was ended meanwhile: also where the promise never settles. */
  race<T>(promise: PromiseLike<T>): Promise<T>;
  cancel(reason: unknown): void;
  /** Frees the timer and the listener. */
  end(): void;
}

export interface CallLifetimeOptions {
  readonly clock: Clock;
  /** For the whole call, its body included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly host: string;
  readonly provider: string;
}

/** @throws LmError `cancelled` when the signal has been aborted already */
export function beginCall(options: CallLifetimeOptions): CallLifetime {
  const { clock, timeoutMs, signal, host, provider } = options;
  if (signal?.aborted) throw cancelledError(signal.reason, provider);
  const controller = new AbortController();
  let failure: LmError | undefined;
  let rejectRace: ((failure: LmError) => void) | undefined;

  const fail = (why: LmError): void => {
    if (failure !== undefined) return;
    failure = why;
    controller.abort(why);
    rejectRace?.(why);
  };
  const onAbort = (): void => fail(cancelledError(signal?.reason, provider));
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimer(timeoutMs, () => {
    const message = `${host} did not finish its answer within ${timeoutMs} ms`;
    fail(new LmError(message, { code: "timeout", provider, details: { host, phase: "total" } }));
  });

  return {
    signal: controller.signal,
    race: <T>(promise: PromiseLike<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        if (failure !== undefined) {
          // Whatever it still comes to, nobody waits for it.
          void promise.then(undefined, () => {});
          return reject(failure);
        }
        rejectRace = reject;
        promise.then(resolve, reject);
      }),
    cancel: (reason) => fail(cancelledError(reason, provider)),
    end(): void {
      clock.clearTimer(timer);
      signal?.removeEventListener("abort", onAbort);
      rejectRace = undefined;
    },
  };
}
