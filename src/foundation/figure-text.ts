/** Figures as people read them, in lines of logs: as exact as anybody needs them. */

/** Milliseconds: `812 ms`, `1.2 s`, `3 min`. */
export function inTime(ms: number): string {
  if (ms < 1_000) return `${ms < 10 ? rounded(ms, 2) : Math.round(ms)} ms`;
  return ms < 120_000 ? `${rounded(ms / 1_000, 3)} s` : `${Math.round(ms / 60_000)} min`;
}

/** `1 token`, `1,234 tokens`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

/** US dollars: `$0.00123`. */
export function inDollars(usd: number): string {
  return `$${usd < 1 ? rounded(usd, 3) : usd.toFixed(2)}`;
}

/** A figure without the digits that are noise: four that count, and every whole one. */
export function roundedFigure(figure: number): number {
  if (!Number.isFinite(figure) || Number.isInteger(figure)) return figure;
  return Math.abs(figure) >= 1_000 ? Math.round(figure) : Number(figure.toPrecision(4));
}

/** The same for all that plain data holds. */
export function roundedFigures(value: unknown, depth = 4): unknown {
  if (typeof value === "number") return roundedFigure(value);
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => roundedFigures(each, depth - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  // What is more than data (an error, a date) says itself how it is written.
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, roundedFigures(each, depth - 1)]));
}

function rounded(figure: number, digits: number): string {
  return String(Number(figure.toPrecision(digits)));
}
