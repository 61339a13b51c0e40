/**
 * The name that was most likely meant, for messages about one that does not exist: the one that takes the fewest letters
 * to put in, take out, change or swap with its neighbour. Undefined where none is near enough to be a slip.
 */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  // As many slips as there are letters make any word of any other.
  const far = Math.min(wrong.length - 1, Math.max(1, Math.floor(wrong.length / 3)));
  let nearest: string | undefined;
  let least = far + 1;
  for (const name of names) {
    const slips = slipsBetween(plain(wrong), plain(name));
    if (slips < least) [nearest, least] = [name, slips];
  }
  return nearest;
}

/** `max_tokens` and `maxTokens` are the same word in two spellings. */
function plain(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? before[j - 2]! + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, changed, swapped));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
