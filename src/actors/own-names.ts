/**
 * A name of the system's own in the registry of actors: `client/main`, `program/qa`, `program/qa/runs`, `system/cache`.
 * A slash in a part is written `%2F`, so that no two of them are one: what belongs to the program `a` is never what
 * belongs to a program called `a/runs`.
 */
export function ownName(kind: "client" | "program" | "system", ...parts: readonly string[]): string {
  return [kind, ...parts.map((part) => part.replaceAll("%", "%25").replaceAll("/", "%2F"))].join("/");
}
