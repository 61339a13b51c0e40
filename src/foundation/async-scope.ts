import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { isMap } from "node:util/types";

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

/**
 * The context of the caller. (`AsyncLocalStorage.snapshot` gives the same for seventy times the time.) Where no
 * store holds anything, it is one and the same for all: there are several for each call that waits.
 */
export function captureScope(): AsyncScope {
  const made = new AsyncResource("dspex", OPTIONS);
  if (FRAME === undefined || Reflect.get(made, FRAME) !== undefined) return made;
  return (empty ??= made);
}

let empty: AsyncScope | undefined;

/**
 * Under which key a resource holds its context, undefined for none: found by looking, since Node does not tell. A Node
 * that keeps contexts in another way has no such key; then each scope is one of its own.
 */
const FRAME: symbol | undefined = findFrame();

function findFrame(): symbol | undefined {
  const storage = new AsyncLocalStorage<object>();
  const store = {};
  const made = storage.run(store, () => new AsyncResource("dspex", OPTIONS));
  return Object.getOwnPropertySymbols(made).find((key) => {
    const held: unknown = Reflect.get(made, key);
    // A map with none of the maps' own prototypes.
    return isMap(held) && Map.prototype.get.call(held, storage) === store;
  });
}
