import type { Search } from "./teleprompter.ts";

/** What compares nothing has no use for earlier candidates, and says so. */
export function noteUnusedWarmStart({ warmStart, note }: Search, what: string): void {
  if (warmStart.length > 0) note(`${what} compares nothing: the programs of the warm start were not used`);
}
