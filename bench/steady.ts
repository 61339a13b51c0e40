/** 2,000 calls in flight for 10 s (STEADY_SECONDS=60 for a minute): is the heap flat, and how near is the wall to the ideal? */
import type { BenchReport } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Measured, MeasuredWork } from "./parts/measured.ts";
import { startServer } from "./parts/server-process.ts";

const IN_FLIGHT = 2_000;
/** Slow enough that two cores keep up with the ideal. */
const LATENCY_MS = 2_000;
const WORK = new URL("parts/measured.ts", import.meta.url).href;

export async function run(): Promise<BenchReport> {
  const seconds = Number(process.env["STEADY_SECONDS"] ?? 10);
  const rounds = Math.ceil((seconds * 1_000) / LATENCY_MS);
  const server = await startServer({ latencyMs: LATENCY_MS });
  const work: MeasuredWork = { baseURL: server.baseURL, calls: IN_FLIGHT * rounds, mostInFlight: IN_FLIGHT };
  const flags = ["--expose-gc"];
  const { wallMs, heapMb, wrong } = await inChild<Measured>({
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
      { name: "heap after a tenth of the calls", value: early, unit: "MB" },
      { name: "heap at the end", value: late, unit: "MB", reach: { text: "no higher", met: late <= early } },
      { name: "wrong or failed", value: wrong, unit: "calls", reach: { text: "none", met: wrong === 0 } },
    ],
  };
}
