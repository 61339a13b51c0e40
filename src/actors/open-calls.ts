/** The way in from app code: it counts the calls that are inside, and can be closed behind them. */
export interface OpenCalls {
  /** Makes the call and counts it until it settles; where no more are let in, gives what `refuse` says instead. */
  enter<T>(call: () => Promise<T>, refuse: () => T): Promise<T>;
  /** Lets nobody in any more. Resolves when the last call is out. */
  close(): Promise<void>;
  readonly closed: boolean;
}

export function makeOpenCalls(): OpenCalls {
  let inside = 0;
  let closed = false;
  let last: (() => void) | undefined;
  const drained = new Promise<void>((resolve) => {
    last = resolve;
  });
  const leave = (): void => {
    inside -= 1;
    if (closed && inside === 0) last?.();
  };
  // The same two for all calls: each costs no more than the promise that its caller waits for.
  const passOn = <T>(value: T): T => {
    leave();
    return value;
  };
  const failOn = (thrown: unknown): never => {
    leave();
    throw thrown;
  };
  return {
    enter(call, refuse) {
      if (closed) return Promise.resolve(refuse());
      inside += 1;
      try {
        return call().then(passOn, failOn);
      } catch (thrown) {
        leave();
        throw thrown;
      }
    },
    close() {
      closed = true;
      if (inside === 0) last?.();
      return drained;
    },
    get closed() {
      return closed;
    },
  };
}
