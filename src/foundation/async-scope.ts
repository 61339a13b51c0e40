import { AsyncResource } from "node:async_hooks";

/**
 * The async context of the code that captured it: what its `AsyncLocalStorage`s hold (a tenant, a logger, a transaction,
 * an OpenTelemetry span). A promise keeps it by itself; a mailbox, a shared timer and a connection that is used again
 * do not, so whatever runs user code on somebody's behalf from one of these enters the scope of that somebody first.
 */
export interface AsyncScope {
  /** Calls the function in this context, with what follows as its arguments. */
  runInAsyncScope<This, Args extends unknown[], Result>(
    fn: (this: This, ...args: Args) => Result,
    thisArg?: This,
    ...args: Args
  ): Result;
}

// Nobody is told of its end: it holds nothing.
const OPTIONS = Object.freeze({ requireManualDestroy: true });

/** The context of whoever calls this. (`AsyncLocalStorage.snapshot` gives the same for seventy times the time.) */
export function captureScope(): AsyncScope {
  return new AsyncResource("dspex", OPTIONS);
}
