/** The way in from app code: it counts the calls that are inside, and can be closed behind them. */
export interface OpenCalls {
  /** Makes the call and counts it until it settles; where no more are let in, gives what `refuse` says instead. */
  enter<T>(call: () => Promise<T>, refuse: () => T): Promise<T>;
  /** Lets nobody in any more. Resolves when the last call is out. */
  close(): Promise<void>;
}

export function makeOpenCalls(): OpenCalls {
  let inside = 0;
  let closed = false;
  let last: (() => void) | undefined;
  const drained = new Promise<void>((resolve) => {
    last = resolve;
  });
  return {
    async enter(call, refuse) {
      if (closed) return refuse();
      inside += 1;
      try {
        return await call();
      } finally {
        inside -= 1;
        if (closed && inside === 0) last?.();
      }
    },
    close() {
      closed = true;
      if (inside === 0) last?.();
      return drained;
    },
  };
}
