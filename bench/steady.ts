/** 2,000 calls in flight for 10 s (STEADY_SECONDS=60 for a minute): is the heap flat, and how near is the wall to the ideal? */
import type { BenchReport } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Measured, MeasuredWork } from "./parts/measured.ts";
import { startServer } from "./parts/server-process.ts";

const IN_FLIGHT = 2_000;
/**
 * 2,000 in flight are then 1,000 calls a second, about a third of what one core can make: the wall is to tell of the
 * library's waiting, and not of a core that is full. As slow as a usual answer of a model.
 */
const LATENCY_MS = 2_000;
const WORK = new URL("parts/measured.ts", import.meta.url).href;

export async function run(): Promise<BenchReport> {
  const seconds = Number(process.env["STEADY_SECONDS"] ?? 10);
  const rounds = Math.ceil((seconds * 1_000) / LATENCY_MS);
  const server = await startServer({ latencyMs: LATENCY_MS });
  const work: MeasuredWork = { baseURL: server.baseURL, calls: IN_FLIGHT * rounds, mostInFlight: IN_FLIGHT };
  const flags = ["--expose-gc"];
  const { wallMs, cpuMs, loopDelayMs, heapMb, wrong } = await inChild<Measured>({
    module: WORK,
    name: "measure",
    args: ["ours", work],
    flags,
  });
  server.stop();
  const [early, late] = heapMb;
  const ratio = wallMs / (rounds * LATENCY_MS);
  return {
    about: `${IN_FLIGHT.toLocaleString("en")} typed, supervised calls in flight for about ${seconds} s, each answered after ${LATENCY_MS} ms`,
    rows: [
      { name: "wall", value: wallMs, unit: "ms", ratio, reach: { text: "≤ 1.1 × the ideal", met: ratio <= 1.1 } },
      { name: "CPU", value: (cpuMs / wallMs) * 100, unit: "% of a core" },
      { name: "event loop's delay, p99", value: loopDelayMs, unit: "ms" },
      { name: "heap after a tenth of the calls", value: early, unit: "MB" },
      { name: "heap at the end", value: late, unit: "MB", reach: { text: "no higher", met: late <= early } },
      { name: "wrong or failed", value: wrong, unit: "calls", reach: { text: "none", met: wrong === 0 } },
    ],
  };
}
