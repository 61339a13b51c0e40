/** 10,000 and 100,000 requests at once through one client, each a process that waits a second; beside plain nact. */
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import { waitingRows } from "./parts/beside-earlier.ts";
import { withBuilds } from "./parts/builds.ts";
import { inChild, ranOutOfTime } from "./parts/child-process.ts";
import type { Load } from "./parts/load.ts";

const WORK = new URL("./parts/fan-out-work.ts", import.meta.url).href;
const ROUNDS = 5;
/** For one process. Who needs longer is not measured any further. */
const LIMIT_MS = 60_000;

/** The names of the functions in fan-out-work.ts. */
type Contender = "bareTimers" | "nactActors" | "requests" | "forwards";

export async function run(): Promise<BenchReport> {
  const few = await measure(10_000, ["bareTimers", "nactActors", "requests", "forwards"]);
  const many = await measure(100_000, ["requests"]);
  const { bareTimers, nactActors, requests, forwards } = few;
  return {
    about:
      "each measured in fresh processes, medians of five. A request: a process linked to the one that asked (which " +
      "traps exits and gives its signal along, as a run does), a permit from the client's process, and a model that " +
      "waits 1 s and heeds its abort signal. A forward: system.forward of a predictor, so each has a supervised run too, " +
      "a prompt and an answer that is read. Plain nact's actors cannot be cancelled and nobody supervises them; ratios " +
      "are to them",
    rows: [
      atMost("10,000 requests: wall", requests.wallMs, nactActors.wallMs, 1.25, "ms"),
      atMost("10,000 requests: CPU", requests.cpuMs, nactActors.cpuMs, 2, "ms"),
      within("10,000 requests: memory above idle", requests.peakMb, 150, "MB"),
      within("100,000 requests: wall", many.requests.wallMs, 7_000, "ms"),
      { name: "100,000 requests: CPU", value: many.requests.cpuMs, unit: "ms" },
      within("100,000 requests: memory above idle", many.requests.peakMb, 700, "MB"),
      ...plain("10,000 forwards", forwards, nactActors),
      ...plain("10,000 plain nact actors", nactActors),
      ...plain("10,000 bare timers", bareTimers, nactActors),
      // Beside the library as it was, whose ratios these are.
      ...(await withBuilds(waitingRows)),
    ],
  };
}

/** Medians of each part of what each contender needed; infinite for one that needed more than the limit. */
async function measure<Name extends Contender>(count: number, names: readonly Name[]): Promise<Record<Name, Load>> {
  const samples = new Map<Name, Load[]>(names.map((name) => [name, []]));
  const late = new Set<Name>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      if (late.has(name)) continue;
      try {
        const load = await inChild<Load>({ module: WORK, name, args: [count], timeoutMs: LIMIT_MS });
        samples.get(name)?.push(load);
      } catch (failure) {
        if (!ranOutOfTime(failure)) throw failure;
        late.add(name);
      }
    }
  }
  const middle = (name: Name, part: keyof Load): number =>
    late.has(name) ? Infinity : median((samples.get(name) ?? []).map((load) => load[part]));
  const loads = names.map((name): [Name, Load] => [
    name,
    { wallMs: middle(name, "wallMs"), cpuMs: middle(name, "cpuMs"), peakMb: middle(name, "peakMb") },
  ]);
  // fromEntries forgets which keys they are.
  return Object.fromEntries(loads) as Record<Name, Load>;
}

function plain(what: string, load: Load, yardstick?: Load): BenchRow[] {
  const part = (name: string, of: keyof Load, unit: string): BenchRow => ({
    name: `${what}: ${name}`,
    value: load[of],
    unit,
    ...(yardstick && { ratio: load[of] / yardstick[of] }),
  });
  return [part("wall", "wallMs", "ms"), part("CPU", "cpuMs", "ms"), part("memory above idle", "peakMb", "MB")];
}

function within(name: string, value: number, most: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${most.toLocaleString("en")} ${unit}`, met: value <= most } };
}
