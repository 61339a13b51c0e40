import { describe } from "../../foundation/errors.ts";

/** What a user's own function is known by to digests. */
export type CodeFacts = { readonly settings?: unknown } & (
  | { readonly name: string; readonly version: string | number }
  | { readonly source: string }
);

/** Told of each function that is known by its source text alone: where it stands. */
export type SourceListener = (where: string) => void;

/**
 * A function with a `version` is its name and that version. One without is its source text: two that close over different
 * values look the same, and the same function looks different in the sources and in a build. What it says of itself in
 * `settings`, as plain data, counts besides.
 */
export function codeFacts(fn: object, where: string, onSource: SourceListener, name?: string): CodeFacts {
  const { version, settings, name: own } = fn as { version?: unknown; settings?: unknown; name?: unknown };
  const rest = settings === undefined ? {} : { settings };
  if (typeof version === "string" || typeof version === "number")
    return { name: name ?? (typeof own === "string" ? own : ""), version, ...rest };
  onSource(where);
  return { source: sourceText(fn), ...rest };
}

function sourceText(fn: object): string {
  return typeof fn === "function" ? Function.prototype.toString.call(fn) : describe(fn, 1000);
}
