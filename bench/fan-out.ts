/** 10,000 and 100,000 requests at once through one client, each a process that waits a second; beside plain nact. */
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Load } from "./parts/fan-out-work.ts";

const WORK = new URL("./parts/fan-out-work.ts", import.meta.url).href;
const ROUNDS = 5;

/** The names of the functions in fan-out-work.ts. */
const CONTENDERS = ["bareTimers", "nactActors", "requests", "forwards"] as const;
type Loads = Readonly<Record<(typeof CONTENDERS)[number], Load>>;

export async function run(): Promise<BenchReport> {
  const few = await measure(10_000);
  const many = await measure(100_000);
  return {
    about:
      "each measured in fresh processes, medians of five. A request: a process linked to the one that asked (which " +
      "traps exits, as a run does), a permit from the client's process, and a model that waits 1 s and heeds its abort " +
      "signal. A forward: system.forward of a predictor, so a run under a supervisor too, with its prompt and its answer. " +
      "Plain nact's actors cannot be cancelled and nobody supervises them",
    rows: [
      ...rows("10,000", few, (what) => [
        atMost(`${what}: wall`, few.requests.wallMs, few.nactActors.wallMs, 1.25, "ms"),
        atMost(`${what}: CPU`, few.requests.cpuMs, few.nactActors.cpuMs, 2, "ms"),
        within(`${what}: memory above idle`, few.requests.peakMb, 150, "MB"),
      ]),
      ...rows("100,000", many, (what) => [
        within(`${what}: wall`, many.requests.wallMs, 7_000, "ms"),
        compared(`${what}: CPU`, many.requests.cpuMs, many.nactActors.cpuMs, "ms"),
        within(`${what}: memory above idle`, many.requests.peakMb, 700, "MB"),
      ]),
    ],
  };
}

async function measure(count: number): Promise<Loads> {
  const samples: Record<string, Load[]> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed())
      (samples[name] ??= []).push(await inChild<Load>({ module: WORK, name, args: [count] }));
  }
  const of = (name: string, part: keyof Load): number => median((samples[name] ?? []).map((load) => load[part]));
  const load = (name: string): Load => ({
    wallMs: of(name, "wallMs"),
    cpuMs: of(name, "cpuMs"),
    peakMb: of(name, "peakMb"),
  });
  return {
    bareTimers: load("bareTimers"),
    nactActors: load("nactActors"),
    requests: load("requests"),
    forwards: load("forwards"),
  };
}

function rows(count: string, loads: Loads, requests: (what: string) => BenchRow[]): BenchRow[] {
  const { bareTimers, nactActors, forwards } = loads;
  return [
    ...requests(`${count} requests`),
    compared(`${count} forwards: wall`, forwards.wallMs, nactActors.wallMs, "ms"),
    compared(`${count} forwards: CPU`, forwards.cpuMs, nactActors.cpuMs, "ms"),
    compared(`${count} forwards: memory above idle`, forwards.peakMb, nactActors.peakMb, "MB"),
    ...plain(`${count} nact actors`, nactActors),
    ...plain(`${count} bare timers`, bareTimers),
  ];
}

function plain(what: string, { wallMs, cpuMs, peakMb }: Load): BenchRow[] {
  return [
    { name: `${what}: wall`, value: wallMs, unit: "ms" },
    { name: `${what}: CPU`, value: cpuMs, unit: "ms" },
    { name: `${what}: memory above idle`, value: peakMb, unit: "MB" },
  ];
}

function compared(name: string, value: number, yardstick: number, unit: string): BenchRow {
  return { name, value, unit, ratio: value / yardstick };
}

function within(name: string, value: number, most: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${most.toLocaleString("en")} ${unit}`, met: value <= most } };
}
