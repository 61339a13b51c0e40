const HEADING = /^#{1,6}[ \t]/;
const FENCE = /^[ \t]*(```|~~~)/;
const ENDS: readonly RegExp[] = [/[.!?][)"'\]]?\s/g, /\n/g, /\s/g];

/**
 * Cuts a text into passages of `maxLength` characters at most. A Markdown heading begins a new one; paragraphs are kept
 * whole and are packed together as far as they fit; one that is longer by itself is cut after a sentence, else after a
 * line, else between words. Each passage of a section begins with its heading, which is often all that says what the text
 * is about, and which does not count for the length. Tables lose the padding of their columns.
 */
export function splitPassages(text: string, maxLength: number): readonly string[] {
  return sections(text).flatMap(({ heading, paragraphs }) =>
    pack(
      paragraphs.flatMap((paragraph) => cut(paragraph, maxLength)),
      maxLength,
    ).map((body) => (heading === "" ? body : `${heading}\n\n${body}`)),
  );
}

interface Section {
  readonly heading: string;
  readonly paragraphs: readonly string[];
}

/** Sections without a paragraph say nothing. */
function sections(text: string): readonly Section[] {
  const found: { heading: string; lines: string[] }[] = [{ heading: "", lines: [] }];
  let fence: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
    // In code, a `#` begins a comment.
    const heading = fence === undefined && HEADING.test(line) ? headingOf(line) : "";
    if (heading !== "") found.push({ heading, lines: [] });
    else found.at(-1)?.lines.push(fence === undefined && line.startsWith("|") ? narrowRow(line) : line);
  }
  return found
    .map(({ heading, lines }) => ({ heading, paragraphs: paragraphsOf(lines) }))
    .filter(({ paragraphs }) => paragraphs.length > 0);
}

/** A table's row without what lines up its columns, which may be most of it. */
function narrowRow(line: string): string {
  return line.replaceAll(/ {2,}/g, " ").replaceAll(/-{4,}/g, "---");
}

/** Without the signs around it. */
function headingOf(line: string): string {
  let end = line.trimEnd().length;
  while (line[end - 1] === "#") end -= 1;
  return line.slice(0, end).replace(/^#+/, "").trim();
}

function paragraphsOf(lines: readonly string[]): readonly string[] {
  const found: string[][] = [[]];
  for (const line of lines) {
    if (line.trim() === "") found.push([]);
    else found.at(-1)?.push(line.trimEnd());
  }
  return found.filter(({ length }) => length > 0).map((paragraph) => paragraph.join("\n"));
}

function cut(paragraph: string, maxLength: number): readonly string[] {
  const pieces: string[] = [];
  let rest = paragraph;
  while (rest.length > maxLength) {
    const at = placeToCut(rest.slice(0, maxLength));
    pieces.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return [...pieces, rest].filter((piece) => piece !== "");
}

/** After the last sentence, line or word in the room's second half, whichever there is first. */
function placeToCut(room: string): number {
  for (const end of ENDS) {
    const last = [...room.matchAll(end)].at(-1);
    const at = last === undefined ? 0 : last.index + last[0].length;
    if (at >= room.length / 2) return at;
  }
  // Not through the middle of a character.
  return room.length > 1 && /[\uD800-\uDBFF]$/.test(room) ? room.length - 1 : room.length;
}

function pack(pieces: readonly string[], maxLength: number): readonly string[] {
  const packed: string[] = [];
  for (const piece of pieces) {
    const last = packed.at(-1);
    if (last !== undefined && last.length + 2 + piece.length <= maxLength)
      packed[packed.length - 1] = `${last}\n\n${piece}`;
    else packed.push(piece);
  }
  return packed;
}
