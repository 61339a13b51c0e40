// What one process needs for a piece of work, the process alone.

export interface Load {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** How far the process's memory rose above where it was idle. */
  readonly peakMb: number;
}

export async function measureLoad(work: () => Promise<unknown>): Promise<Load> {
  // What starting up left to do is no part of it.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const idle = process.memoryUsage.rss();
  const highestBefore = process.resourceUsage().maxRSS;
  let sampled = idle;
  const sampler = setInterval(() => {
    sampled = Math.max(sampled, process.memoryUsage.rss());
  }, 20);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampler);
  // The system's own high-water mark misses nothing, but counts from the start of the process.
  const highest = process.resourceUsage().maxRSS;
  const peak = highest > highestBefore ? highest * 1_024 : Math.max(sampled, process.memoryUsage.rss());
  return { wallMs, cpuMs: (user + system) / 1_000, peakMb: (peak - idle) / 1_000_000 };
}
