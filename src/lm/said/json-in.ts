import { isRecord } from "../read-json.ts";

/**
 * The object or list that a text is, or that it ends in: `AcmeException - {"error": …}`. Not what it only quotes: a list of
 * words, a piece of the request.
 */
export function jsonIn(text: string): object | undefined {
  const start = text.search(/\{|\[\s*\{/);
  if (start < 0) return undefined;
  const before = text.slice(0, start);
  if (before.trim() !== "" && !/(?:[:–>-]|\bb')\s*$/.test(before)) return undefined;
  const end = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
  try {
    const value: unknown = JSON.parse(text.slice(start, end + 1));
    const first: unknown = Array.isArray(value) ? value[0] : value;
    const whole = before.trim() === "";
    return isRecord(first) && (whole || SAYS.some((name) => name in first)) ? (value as object) : undefined;
  } catch {
    return undefined;
  }
}

const SAYS = ["error", "message", "detail", "details", "errors", "msg", "error_msg"];
