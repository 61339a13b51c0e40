/** Teleprompters' jobs: beside calls by hand, with a journal, resumed, with many candidates; wall, CPU and memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Rivals } from "./parts/compile-work.ts";
import type { Load } from "./parts/load.ts";
import type { Searched } from "./parts/search-work.ts";
import { startServer } from "./parts/server-process.ts";
import { measureMipro } from "../test/teleprompters/simulation/measure.ts";
import { simulatedSets } from "../test/teleprompters/simulation/simulated-task.ts";

const WORK = new URL("parts/compile-work.ts", import.meta.url).href;
const SEARCH = new URL("parts/search-work.ts", import.meta.url).href;
const ROUNDS = 5;
const SEEDS = 40;
const [STEPS, TRIALS] = [1_000, 200];

export async function run(): Promise<BenchReport> {
  return {
    about:
      "jobs of a search that tries candidates, journal and checkpoints on. Bare is as many calls of the openai package on our " +
      "transport. Each in fresh processes, the server in one of its own, and memory is theirs alone: how far what is resident " +
      "rises above where it was before; the cost of a journal in turns within one process",
    rows: [...(await rivalRows()), ...(await journalRows()), ...(await longRows()), ...(await miproRows())],
  };
}

/** 20 programs on 200 examples, 200 permits, the server answers after 200 ms. */
async function rivalRows(): Promise<readonly BenchRow[]> {
  const loads: { readonly bareCalls: Load[]; readonly rivalsInJob: Load[] } = { bareCalls: [], rivalsInJob: [] };
  const names = ["bareCalls", "rivalsInJob"] as const;
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const server = await startServer({ latencyMs: 200 });
      const work: Rivals = { baseURL: server.baseURL, rivals: 20, examples: 200, permits: 200 };
      loads[name].push(await inChild<Load>({ module: WORK, name, args: [work] }));
      server.stop();
    }
  const of = (each: readonly Load[], part: keyof Load): number => median(each.map((load) => load[part]));
  const { bareCalls: bare, rivalsInJob: ours } = loads;
  return [
    { name: "20 × 200, 200 permits: bare, wall", value: of(bare, "wallMs"), unit: "ms" },
    atMost("20 × 200, 200 permits: wall", of(ours, "wallMs"), of(bare, "wallMs"), 1.12, "ms"),
    { name: "20 × 200: CPU", value: of(ours, "cpuMs"), unit: "ms", ratio: of(ours, "cpuMs") / of(bare, "cpuMs") },
    { name: "20 × 200: bare, memory above idle", value: of(bare, "peakMb"), unit: "MB" },
    {
      name: "20 × 200: memory above idle",
      value: of(ours, "peakMb"),
      unit: "MB",
      ratio: of(ours, "peakMb") / of(bare, "peakMb"),
    },
  ];
}

async function journalRows(): Promise<readonly BenchRow[]> {
  type Cost = { readonly plain: readonly number[]; readonly kept: readonly number[] };
  const { plain, kept } = await inChild<Cost>({ module: WORK, name: "journalCost", args: [10, 1_000, 7] });
  const added = median(kept.map((cost, round) => cost - (plain[round] ?? 0)));
  return [
    { name: "no folder: CPU a trial", value: median(plain), unit: "µs" },
    within("journal and checkpoints add: CPU a trial", added, 15, "µs"),
  ];
}

async function longRows(): Promise<readonly BenchRow[]> {
  const root = mkdtempSync(join(tmpdir(), "dspex-bench-"));
  const live = (folder: string): Promise<Load> =>
    inChild<Load>({ module: WORK, name: "longJob", args: [join(root, folder), STEPS, TRIALS] });
  // When V8 collects its garbage depends on the moment: what counts is the worst of them.
  const [first, second, third] = [await live("first"), await live("second"), await live("third")];
  const resumed = [await live("first"), await live("first"), await live("first")];
  rmSync(root, { recursive: true });
  const of = (part: keyof Load): number => median(resumed.map((load) => load[part]));
  const most = Math.max(first.peakMb, second.peakMb, third.peakMb);
  return [
    within(`${STEPS} candidates on ${TRIALS} examples: memory above idle, most of 3 runs`, most, 200, "MB"),
    within("resumed at their end: wall", of("wallMs") / 1_000, 2, "s"),
    within("resumed at their end: memory above idle", of("peakMb"), 150, "MB"),
  ];
}

/** Two predictors, 30 trials, 400 permits: several trials in flight beside one after the other. */
async function miproRows(): Promise<readonly BenchRow[]> {
  const walls: { readonly one: number[]; readonly six: number[] } = { one: [], six: [] };
  for (let round = 0; round < 3; round += 1)
    for (const [name, inFlight] of [
      ["one", 1],
      ["six", 6],
    ] as const) {
      const server = await startServer({ latencyMs: 200, lucky: true });
      const args = [server.baseURL, 400, inFlight];
      walls[name].push((await inChild<Searched>({ module: SEARCH, name: "trialsOfMipro", args })).trialsMs);
      server.stop();
    }
  const [one, six] = [await foundBy(1), await foundBy(6)];
  const lower = one.mean - six.mean;
  return [
    { name: "mipro, 30 trials, 1 in flight: wall", value: median(walls.one), unit: "ms" },
    atMost("mipro, 30 trials, 6 in flight: wall", median(walls.six), median(walls.one), 0.35, "ms"),
    { name: `mipro, 1 in flight: mean of ${SEEDS} seeds, simulated`, value: one.mean, unit: "%" },
    {
      name: `mipro, 6 in flight: mean of ${SEEDS} seeds, simulated`,
      value: six.mean,
      unit: "%",
      reach: {
        text: `not lower by more than ${one.error.toFixed(1)} (a standard error)`,
        met: lower <= one.error,
      },
    },
  ];
}

/** What the program found is worth, in percent: the mean, and the standard error of it. */
async function foundBy(trialsInFlight: number): Promise<{ readonly mean: number; readonly error: number }> {
  const sets = simulatedSets(100, 200);
  const found: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1)
    found.push(100 * (await measureMipro(seed, sets, { numCandidates: 6, numTrials: 30, trialsInFlight })).after);
  const mean = found.reduce((sum, each) => sum + each, 0) / SEEDS;
  const squares = found.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (SEEDS - 1) / SEEDS) };
}

function within(name: string, value: number, most: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${most} ${unit}`, met: value <= most } };
}
