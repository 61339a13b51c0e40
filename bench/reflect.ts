/** Optimizers that reflect: proposals in flight beside one at a time, groups of rollouts beside what permits allow. */
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Searched } from "./parts/search-work.ts";
import { startServer } from "./parts/server-process.ts";
import { measureGepa } from "../test/teleprompters/simulation/simulated-texts.ts";

const SEARCH = new URL("parts/search-work.ts", import.meta.url).href;
const ROUNDS = 3;
const SEEDS = 10;
const [TASK_MS, REFLECTION_MS] = [200, 2_000];
const PERMITS = 64;

export async function run(): Promise<BenchReport> {
  return {
    about:
      "gepa (400 metric calls, trainset and valset of 40) and grpo with lessons (four steps of 64 examples, eight runs each) on a " +
      "server that answers after 200 ms, and after 2 s where it is asked what is to be changed. Each in a fresh process, the server in " +
      "one of its own",
    rows: [...(await gepaRows()), ...(await grpoRows())],
  };
}

function served(name: string, ...args: readonly unknown[]): Promise<Searched> {
  const settings = {
    latencyMs: TASK_MS,
    reflectMs: REFLECTION_MS - TASK_MS,
    lucky: true,
    fickle: name === "searchedByGrpo",
  };
  return startServer(settings).then(async (server) => {
    try {
      return await inChild<Searched>({ module: SEARCH, name, args: [server.baseURL, ...args] });
    } finally {
      server.stop();
    }
  });
}

async function gepaRows(): Promise<readonly BenchRow[]> {
  const walls: { readonly one: number[]; readonly six: number[] } = { one: [], six: [] };
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, inFlight] of [
      ["one", 1],
      ["six", 6],
    ] as const)
      walls[name].push((await served("searchedByGepa", PERMITS, inFlight)).wallMs);
  const [one, six] = [await foundBy(1), await foundBy(6)];
  return [
    { name: "gepa, 1 proposal in flight: wall", value: median(walls.one), unit: "ms" },
    atMost("gepa, 6 proposals in flight: wall", median(walls.six), median(walls.one), 0.3, "ms"),
    { name: `gepa, 1 in flight: share found, ${SEEDS} seeds, simulated`, value: one.mean, unit: "%" },
    {
      name: `gepa, 6 in flight: share found, ${SEEDS} seeds, simulated`,
      value: six.mean,
      unit: "%",
      reach: {
        text: `not lower by more than ${one.error.toFixed(1)} (a standard error)`,
        met: one.mean - six.mean <= one.error,
      },
    },
  ];
}

/** What the program comes to with 400 metric calls, in percent: the mean, and the standard error of it. */
async function foundBy(proposalsInFlight: number): Promise<{ readonly mean: number; readonly error: number }> {
  const found: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1)
    found.push(100 * (await measureGepa(seed, { maxMetricCalls: 400, proposalsInFlight })).after);
  const mean = found.reduce((sum, each) => sum + each, 0) / SEEDS;
  const squares = found.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (SEEDS - 1) / SEEDS) };
}

/** What permits allow: its calls by turns of so many, those that reflect among them, phase after phase. */
async function grpoRows(): Promise<readonly BenchRow[]> {
  const walls: number[] = [];
  let limit = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { wallMs, instructions, lmCalls } = await served("searchedByGrpo", PERMITS);
    walls.push(wallMs);
    const [steps, rollouts, compared] = [4, 64 * 8, 40];
    const candidates = instructions.length;
    const reflections = lmCalls - steps * rollouts - candidates * compared;
    const turns = steps * Math.ceil(rollouts / PERMITS) + candidates * Math.ceil(compared / PERMITS);
    limit = turns * TASK_MS + steps * Math.ceil(reflections / steps / PERMITS) * REFLECTION_MS;
  }
  return [
    { name: `grpo, ${PERMITS} rollouts in flight: what permits allow`, value: limit, unit: "ms" },
    atMost(`grpo, ${PERMITS} rollouts in flight: wall`, median(walls), limit, 1.15, "ms"),
  ];
}
