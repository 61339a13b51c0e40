/** A signal that aborts when another one does, shared by a few. */
export interface SignalBranch {
  readonly signal: AbortSignal;
  /** To be called once by each who has joined, when it listens no more. */
  leave(): void;
}

/** How many share one: that many listeners are still looked through in no time. */
const MOST = 64;

/**
 * Shares a signal out among thousands: each joins a branch that few others are on. The platform compares each new listener
 * with all that a signal has, so that n listeners on one signal cost n². While nobody has joined, the signal has no listener.
 *
 * @returns joins one more
 */
export function signalBranches(signal: AbortSignal): () => SignalBranch {
  const open = new Set<Branch>();
  let growing: Branch | undefined;

  const abort = (): void => {
    for (const branch of open) branch.abort(signal.reason);
  };
  const close = (branch: Branch): void => {
    open.delete(branch);
    if (growing === branch) growing = undefined;
    if (open.size === 0) signal.removeEventListener("abort", abort);
  };

  return () => {
    if (growing === undefined || growing.full) {
      if (open.size === 0) signal.addEventListener("abort", abort, { once: true });
      growing = new Branch(close);
      open.add(growing);
      if (signal.aborted) growing.abort(signal.reason);
    }
    growing.join();
    return growing;
  };
}

class Branch implements SignalBranch {
  readonly #life = new AbortController();
  readonly #close: (branch: Branch) => void;
  #joined = 0;
  #left = 0;

  constructor(close: (branch: Branch) => void) {
    this.#close = close;
  }

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get full(): boolean {
    return this.#joined >= MOST;
  }

  join(): void {
    this.#joined += 1;
  }

  leave(): void {
    this.#left += 1;
    if (this.#left === this.#joined) this.#close(this);
  }

  abort(reason: unknown): void {
    this.#life.abort(reason);
  }
}
