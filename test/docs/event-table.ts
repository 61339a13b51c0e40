// The table of docs/telemetry.md, made of what the sources say of each kind of event.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EventKind, TelemetryEvent } from "../../src/foundation/telemetry.ts";

/** As `const NAME = eventKind<TYPE>("kind", …)` with the comment above it. */
const KIND = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const (\w+) = eventKind<([\s\S]*?)>\(\s*"([\w:]+)"/g;
const INTERFACE = /export interface (\w+)(?: extends (\w+))? \{([\s\S]*?)\n\}/g;

/** Of a type that is more than one kind of event's. What each event begins with is told above the table. */
const IMPORT = /^import .* from "(\.(?!.*\/telemetry\.ts)[^"]+)";$/gm;
/** What an event is besides what it says itself: `ClientEvent & { … }`. */
const BASE = /(?:^|&)\s*([A-Z]\w+)\s*(?=&|$)/g;

interface Described {
  readonly name: string;
  readonly what: string;
  readonly says: readonly string[];
}

/** What the sources say, by the kind. */
function described(root: string): ReadonlyMap<string, Described> {
  const kinds = new Map<string, Described>();
  for (const path of globSync("src/**/*-events.ts", { cwd: root }).toSorted()) {
    const source = readFileSync(join(root, path), "utf8");
    const fieldsOf = new Map<string, string[]>();
    // Some of what they say has a type of its own elsewhere.
    const imported = [...source.matchAll(IMPORT)].map(([, from = ""]) =>
      readFileSync(join(root, dirname(path), from), "utf8"),
    );
    for (const text of [...imported, source])
      for (const [, name = "", base = "", body = ""] of text.matchAll(INTERFACE))
        fieldsOf.set(name, [...(fieldsOf.get(base) ?? []), ...fieldsIn(body)]);
    for (const [, comment = "", name = "", type = "", kind = ""] of source.matchAll(KIND)) {
      const bases = [...type.matchAll(BASE)].flatMap(([, base = ""]) => fieldsOf.get(base) ?? []);
      kinds.set(kind, { name, what: firstSentence(comment), says: [...bases, ...fieldsIn(type)] });
    }
  }
  return kinds;
}

/** The first level's fields, a `?` behind those that may be left out. */
function fieldsIn(body: string): string[] {
  return [...body.matchAll(/\breadonly (\w+\??):/g)].map(([, field = ""]) => `\`${field}\``);
}

function firstSentence(comment: string): string {
  const text = comment
    .replaceAll(/\s*\n \* ?/g, " ")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .trim();
  return /^[\s\S]*?[.:](?= |$)/.exec(text)?.[0].replace(/[.:]$/, "") ?? text;
}

/** In the order in which they are exported. */
export function eventTable(root: string, kinds: readonly EventKind<TelemetryEvent>[]): string {
  const known = described(root);
  const rows = kinds.map(({ kind, telling }) => {
    const { name, what, says } = known.get(kind) ?? { name: "?", what: "?", says: [] };
    const level = typeof telling === "string" ? telling : `up to ${telling.upTo}`;
    return [`\`${kind}\``, `\`${name}\``, level, what, says.join(" ")];
  });
  const head = ["event", "export", "logged at", "what has happened", "says"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[], fill = " "): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("\n");
}
