/** The object or list that a text is, or that it ends in. */
export function jsonIn(text: string): unknown {
  const start = text.search(/[{[]/);
  if (start < 0) return undefined;
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  // Prose that only quotes some JSON is prose.
  if (end < start || (start > 200 && !/[:-]\s*$/.test(text.slice(0, start)))) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
