/** 10,000 calls at once to a server that answers after 1 s: wall time, loop delay and memory, beside the openai package. */
import { atMost, type BenchReport, type BenchRow, median } from "./harness.ts";
import type { CallerName } from "./parts/callers.ts";
import { inChild } from "./parts/child-process.ts";
import type { Measured, MeasuredWork } from "./parts/measured.ts";
import { startServer } from "./parts/server-process.ts";

const CALLS = 10_000;
const ROUNDS = Number(process.env["BURST_ROUNDS"] ?? 3);
const NAMES: readonly CallerName[] = ["sdk", "floor", "ours"];
const WORK = new URL("parts/measured.ts", import.meta.url).href;

export async function run(): Promise<BenchReport> {
  const samples: Record<CallerName, Measured[]> = { sdk: [], floor: [], ours: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
      // A fresh one for each: sockets that linger are not the next one's burden.
      const server = await startServer({ latencyMs: 1_000 });
      const work: MeasuredWork = { baseURL: server.baseURL, calls: CALLS, mostInFlight: CALLS };
      samples[name].push(await inChild<Measured>({ module: WORK, name: "measure", args: [name, work] }));
      server.stop();
    }
  }
  const of = (name: CallerName, part: "wallMs" | "loopDelayMs" | "peakKb"): number =>
    median(samples[name].map((sample) => sample[part]));
  const wrong = (name: CallerName): number => samples[name].reduce((sum, sample) => sum + sample.wrong, 0);
  const rows = (what: string, name: CallerName): BenchRow[] => [
    { name: `${what}: wall`, value: of(name, "wallMs"), unit: "ms", ratio: of(name, "wallMs") / of("sdk", "wallMs") },
    { name: `${what}: loop delay p99`, value: of(name, "loopDelayMs"), unit: "ms" },
    { name: `${what}: memory a call`, value: of(name, "peakKb") / CALLS, unit: "KiB" },
    { name: `${what}: wrong or failed`, value: wrong(name), unit: "calls" },
  ];
  const [, , , failed] = rows("typed, supervised", "ours");
  return {
    about:
      `each in ${ROUNDS} fresh processes, medians; ${CALLS.toLocaleString("en")} calls at once, the server in a process of its ` +
      "own. Memory is the process's high-water mark above where it was idle",
    rows: [
      ...rows("the openai package", "sdk"),
      ...rows("the package on our transport", "floor"),
      atMost("typed, supervised: wall", of("ours", "wallMs"), of("sdk", "wallMs"), 0.75, "ms"),
      within("typed, supervised: loop delay p99", of("ours", "loopDelayMs"), 200, "ms"),
      within("typed, supervised: memory a call", of("ours", "peakKb") / CALLS, 60, "KiB"),
      ...(failed ? [{ ...failed, reach: { text: "none", met: failed.value === 0 } }] : []),
    ],
  };
}

function within(name: string, value: number, most: number, unit: string): BenchRow {
  return { name, value, unit, reach: { text: `≤ ${most} ${unit}`, met: value <= most } };
}
