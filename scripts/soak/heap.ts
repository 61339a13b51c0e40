// What the heap does over time.

export interface HeapSample {
  /** Seconds. */
  readonly at: number;
  /** In MB, right after a garbage collection. */
  readonly used: number;
}

/** @throws Error when Node runs without `--expose-gc` */
export function heapAfterGc(): number {
  if (globalThis.gc === undefined) throw new Error("run it with --expose-gc, as `npm run soak` does");
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}

export interface Plateau {
  /** Means of its first and its last quarter, in MB. */
  readonly start: number;
  readonly end: number;
  /** Least squares, in MB a minute. */
  readonly slope: number;
  readonly seconds: number;
}

/** Leaves out the first third: code warms up, pools fill. */
export function plateauOf(samples: readonly HeapSample[]): Plateau {
  const level = samples.slice(Math.floor(samples.length / 3));
  const quarter = Math.max(1, Math.floor(level.length / 4));
  const at = mean(level.map((sample) => sample.at));
  const used = mean(level.map((sample) => sample.used));
  const spread = sum(level.map((sample) => (sample.at - at) ** 2));
  const slope = spread === 0 ? 0 : sum(level.map((sample) => (sample.at - at) * (sample.used - used))) / spread;
  return {
    start: mean(level.slice(0, quarter).map((sample) => sample.used)),
    end: mean(level.slice(-quarter).map((sample) => sample.used)),
    slope: slope * 60,
    seconds: (level.at(-1)?.at ?? 0) - (level[0]?.at ?? 0),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
