/** A lane of the model's memory: it remembers the tokens it has seen, and only what differs must be read again. */
export interface Lane<Sequence> {
  readonly sequence: Sequence;
  /** Whom it served last (see `LmCallOptions.affinity`). */
  affinity: string | undefined;
  /** Rises with each use. */
  lastUse: number;
}

/** How many tokens two prompts share at their beginning. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const longest = Math.min(a.length, b.length);
  let index = 0;
  while (index < longest && a[index] === b[index]) index += 1;
  return index;
}

/**
 * Of the free lanes the one that remembers most of the prompt; among equals the one that served the same affinity, then
 * the one that was not used for longest, so that what other callers share is kept.
 */
export function chooseLane<Sequence>(
  free: readonly Lane<Sequence>[],
  remembered: (sequence: Sequence) => readonly number[],
  prompt: readonly number[],
  affinity: string | undefined,
): Lane<Sequence> | undefined {
  const rank = (lane: Lane<Sequence>): readonly [number, number, number] => [
    commonPrefix(remembered(lane.sequence), prompt),
    affinity !== undefined && lane.affinity === affinity ? 1 : 0,
    -lane.lastUse,
  ];
  let best: { readonly lane: Lane<Sequence>; readonly rank: readonly [number, number, number] } | undefined;
  for (const lane of free) {
    const own = rank(lane);
    if (!best || compare(own, best.rank) > 0) best = { lane, rank: own };
  }
  return best?.lane;
}

function compare(a: readonly [number, number, number], b: readonly [number, number, number]): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export interface SequencePoolOptions<Sequence> {
  readonly sequences: readonly Sequence[];
  readonly remembered: (sequence: Sequence) => readonly number[];
}

export interface SequencePool<Sequence> {
  /**
   * Runs `use` on a lane that nobody else has, first come, first served. When the signal aborts, the caller hears of it
   * at once (the signal's reason); the lane is free again only when `use` has really ended.
   */
  run<T>(
    prompt: readonly number[],
    options: { readonly affinity?: string | undefined; readonly signal: AbortSignal },
    use: (sequence: Sequence) => Promise<T>,
  ): Promise<T>;
  /** Resolves when no lane is in use. */
  idle(): Promise<void>;
}

interface Waiter {
  start(): void;
}

export function sequencePool<Sequence>(options: SequencePoolOptions<Sequence>): SequencePool<Sequence> {
  const free: Lane<Sequence>[] = options.sequences.map((sequence) => ({ sequence, affinity: undefined, lastUse: 0 }));
  const waiting = new Set<Waiter>();
  const busy = new Set<Promise<void>>();
  let uses = 0;

  const serveNext = (): void => {
    // A Set keeps the order of arrival, and lets one who gives up leave without a search.
    const [first] = waiting;
    if (!first || free.length === 0) return;
    waiting.delete(first);
    first.start();
  };

  return Object.freeze({
    run<T>(
      prompt: readonly number[],
      { affinity, signal }: { readonly affinity?: string | undefined; readonly signal: AbortSignal },
      use: (sequence: Sequence) => Promise<T>,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        const onAbort = (): void => {
          waiting.delete(waiter);
          reject(signal.reason as Error);
        };
        const waiter: Waiter = {
          start() {
            const lane = chooseLane(free, options.remembered, prompt, affinity);
            // Never so: `serveNext` starts nobody when there is no free lane.
            if (!lane) return reject(new Error("no sequence is free"));
            free.splice(free.indexOf(lane), 1);
            lane.affinity = affinity;
            uses += 1;
            lane.lastUse = uses;
            const turn = use(lane.sequence)
              .then(resolve, reject)
              .then(() => {
                signal.removeEventListener("abort", onAbort);
                busy.delete(turn);
                free.push(lane);
                serveNext();
              });
            busy.add(turn);
          },
        };
        signal.addEventListener("abort", onAbort, { once: true });
        waiting.add(waiter);
        serveNext();
      });
    },
    async idle() {
      while (busy.size > 0) await Promise.all(busy);
    },
  });
}
