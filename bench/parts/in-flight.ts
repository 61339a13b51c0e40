/** Does so many pieces of work, so many of them at a time. */
export async function inFlight(count: number, most: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, count) }, lane));
}
