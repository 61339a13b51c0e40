// What one process of the burst and steady benches does and measures: imported in a child process.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { CALLERS, type CallerName } from "./callers.ts";
import { inFlight } from "./in-flight.ts";
import { rightAnswer } from "./question.ts";

export interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** The event loop's delay, 99 in 100 times below. */
  readonly loopDelayMs: number;
  /** How far the process's memory rose above where it was idle. */
  readonly peakKb: number;
  readonly wrong: number;
  /** Of the heap, collected, after a tenth of the calls and at the end: with `--expose-gc`. */
  readonly heapMb: readonly [number, number];
}

export interface MeasuredWork {
  readonly baseURL: string;
  readonly calls: number;
  readonly mostInFlight: number;
}

export async function measure(name: CallerName, work: MeasuredWork): Promise<Measured> {
  const caller = await CALLERS[name](work.baseURL);
  // So that what is compiled and loaded on the first call is no part of it.
  await inFlight(50, 10, (index) => caller.call(index).catch(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc?.();
  const idle = process.memoryUsage.rss();
  const highestBefore = process.resourceUsage().maxRSS;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let wrong = 0;
  let done = 0;
  let heapEarly = 0;
  const heapMb = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };
  delay.enable();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await inFlight(work.calls, work.mostInFlight, async (index) => {
    const answer = await caller.call(index).catch(() => undefined);
    if (answer !== rightAnswer(index)) wrong += 1;
    done += 1;
    if (globalThis.gc !== undefined && done === Math.floor(work.calls / 10)) heapEarly = heapMb();
  });
  const wallMs = performance.now() - startedAt;
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  const highest = process.resourceUsage().maxRSS;
  const heapLate = globalThis.gc === undefined ? 0 : heapMb();
  await caller.stop();
  return {
    wallMs,
    cpuMs: (user + system) / 1_000,
    loopDelayMs: delay.percentile(99) / 1e6,
    // The system's own high-water mark misses nothing, but counts from the start of the process.
    peakKb: highest > highestBefore ? highest - idle / 1_024 : 0,
    wrong,
    heapMb: [heapEarly, heapLate],
  };
}
