/**
 * A name of the system's own in the registry of actors: `client/main`, `program/qa`, `program/qa/runs`, `system/cache`.
 * A slash in a part is written `%2F`, so that no two of them are one: what belongs to the program `a` is never what
 * belongs to a program called `a/runs`.
 */
export function ownName(kind: "client" | "program" | "system", ...parts: readonly string[]): string {
  let name: string = kind;
  for (const part of parts) name += `/${SPECIAL.test(part) ? escaped(part) : part}`;
  return name;
}

// Names are made for each request, and nearly all of them are plain.
const SPECIAL = /[%/]/;

function escaped(part: string): string {
  return part.replaceAll("%", "%25").replaceAll("/", "%2F");
}
