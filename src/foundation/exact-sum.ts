/**
 * The sum of finite numbers, rounded once (Shewchuk 1997; Python's `math.fsum`): the same numbers in any order have the same
 * sum, so that equal is equal.
 */
export function exactSum(values: readonly number[]): number {
  /** Parts that do not overlap, the smallest first: together they are the sum so far, without an error. */
  let parts: number[] = [];
  for (const value of values) {
    let high = value;
    const left: number[] = [];
    for (const part of parts) {
      const [large, small] = Math.abs(high) < Math.abs(part) ? [part, high] : [high, part];
      const sum = large + small;
      const low = small - (sum - large);
      if (low !== 0) left.push(low);
      high = sum;
    }
    parts = [...left, high];
  }
  return rounded(parts);
}

/** Of all parts together; two that are left over may lie just between two numbers, and a third says to which side. */
function rounded(parts: readonly number[]): number {
  let at = parts.length - 1;
  let high = parts[at] ?? 0;
  let low = 0;
  while (at > 0 && low === 0) {
    at -= 1;
    const part = parts[at] ?? 0;
    const sum = high + part;
    low = part - (sum - high);
    high = sum;
  }
  const next = parts[at - 1] ?? 0;
  if (low === 0 || next === 0 || low < 0 !== next < 0) return high;
  const moved = high + 2 * low;
  return moved - high === 2 * low ? moved : high;
}
