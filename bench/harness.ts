/**
 * What a bench is made of. A bench measures itself beside a yardstick in the same process run, in interleaved rounds,
 * so that a slow or busy machine slows both; the ratio of the medians is the result that means something elsewhere.
 */

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  /** `ms`, `µs`, `MB`, `1/s` … */
  readonly unit: string;
  /** `value` over the yardstick's value. Left out: the row has none. */
  readonly ratio?: number;
  /** What the ratio (or, without one, the value) should reach, and whether it does. */
  readonly reach?: { readonly text: string; readonly met: boolean };
}

export interface BenchReport {
  /** What was measured and what the ratios are to, in a sentence. */
  readonly about: string;
  readonly rows: readonly BenchRow[];
}

/** One side of a comparison: does the work once and says what it measured (milliseconds, say). */
export type Contender = () => number | Promise<number>;

export interface Medians<Name extends string> {
  readonly median: Readonly<Record<Name, number>>;
  /** In the order in which they were taken. */
  readonly samples: Readonly<Record<Name, readonly number[]>>;
}

export interface RoundsOptions {
  /** Measured rounds; default 5. */
  readonly rounds?: number;
  /** Rounds before them that are thrown away; default 1. */
  readonly warmup?: number;
}

/** Runs every contender once a round, one after the other, and turns the order around from round to round. */
export async function interleave<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  options: RoundsOptions = {},
): Promise<Medians<Name>> {
  const { rounds = 5, warmup = 1 } = options;
  // Object.keys forgets which keys they are.
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -warmup; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const value = await contenders[name]();
      if (round >= 0) samples[name].push(value);
    }
  }
  // As above: fromEntries forgets the keys.
  const medians = Object.fromEntries(names.map((name) => [name, median(samples[name])])) as Record<Name, number>;
  return { median: medians, samples };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError("the median of no values");
  return (low + high) / 2;
}

/** Wall milliseconds of one piece of work. */
export async function wallMs(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** CPU milliseconds that this process spent on one piece of work, user and system, all threads. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** A row that is held to a highest ratio. */
export function atMost(name: string, value: number, yardstick: number, most: number, unit: string): BenchRow {
  const ratio = value / yardstick;
  return { name, value, unit, ratio, reach: { text: `≤ ${most} ×`, met: ratio <= most } };
}

/** A row that is held to a lowest ratio. */
export function atLeast(name: string, value: number, yardstick: number, least: number, unit: string): BenchRow {
  const ratio = value / yardstick;
  return { name, value, unit, ratio, reach: { text: `≥ ${least} ×`, met: ratio >= least } };
}
