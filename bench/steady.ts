/** 2,000 calls in flight for 10 s (STEADY_SECONDS=60 for a minute): is the heap flat, and how near is the wall to the ideal? */
import type { BenchReport } from "./harness.ts";
import { inChild } from "./parts/child-process.ts";
import type { Measured, MeasuredWork } from "./parts/measured.ts";
import { startServer } from "./parts/server-process.ts";

const IN_FLIGHT = 2_000;
/**
 * Answers take 1.5 to 2.5 s, 2 s on average, as a model's do: 2,000 in flight are then 1,000 calls a second, about a third of
 * what one core can make. All of exactly 2 s would keep the 2,000 in step: every 2 s they would queue for the core, which
 * takes half a second for them and rests for the other two. (That is what `burst` measures.)
 */
const LATENCY = { latencyMs: 1_500, jitterMs: 1_000 };
const MEAN_MS = LATENCY.latencyMs + LATENCY.jitterMs / 2;
const WORK = new URL("parts/measured.ts", import.meta.url).href;

export async function run(): Promise<BenchReport> {
  const seconds = Number(process.env["STEADY_SECONDS"] ?? 10);
  const rounds = Math.ceil((seconds * 1_000) / MEAN_MS);
  const server = await startServer(LATENCY);
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
  const ratio = wallMs / (rounds * MEAN_MS);
  return {
    about: `${IN_FLIGHT.toLocaleString("en")} typed, supervised calls in flight for about ${seconds} s, each answered after 1.5 to 2.5 s`,
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
