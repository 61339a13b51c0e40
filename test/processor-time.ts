/**
 * Milliseconds of a processor that this process took for it. Held against a bound instead of a stopwatch's, so that what
 * others do on the machine meanwhile does not count.
 */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
