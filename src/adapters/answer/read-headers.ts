import { isPythonSpace, stripped } from "../values/python-text.ts";

const OPENING = "[[ ## ";
const CLOSING = " ## ]]";

/** What follows {@link OPENING}: a name of word characters of any script (combining marks too, as names may hold them). */
const NAME = /[\p{L}\p{N}\p{M}_]+ ## \]\]/uy;
/** The same for most names, and faster. */
const PLAIN_NAME = /\w+ ## \]\]/y;

/** An answer in its sections. */
export interface Sections {
  /** The trimmed texts under the headers of the names that were asked for, in their order; undefined where one is missing. */
  readonly texts: readonly (string | undefined)[];
  /** Of the section that the answer ends in: -1 for one of an unknown name, past the last for the end marker. */
  readonly place: number;
  /** What stands in that section, untrimmed. Undefined: the next header has begun. */
  readonly rest: string | undefined;
}

/** The name in the marker that ends an answer. */
export const COMPLETED = "completed";

/**
 * Splits answers in the chat layout into their sections. A header of any name stands at the start of a line, indented or
 * not; the one that is due next, and the end marker, count behind text on their line too, unless they are quoted. Text before
 * the first one is dropped; a header of any name ends the section before it; of a repeated one the first counts; what follows
 * on a header's line belongs to its section. `\r\n` and `\r` end lines as `\n` does, and become it. A header that the
 * answer ends in is none, and no part of the section before it.
 *
 * Departs from DSPy for indented headers, which leave their own last signs in its values, for headers behind text, which it
 * takes for text, and for signs that only Python takes for line ends (U+2028 …), which it turns into line breaks.
 *
 * Takes time linear in the text: it is searched once, and white space before a header looked at once more.
 */
export function headerReader(names: readonly string[]): (answer: string) => Sections {
  const places = placesOf(names);
  // In the order in which right answers have them; what follows the last one is nobody's section.
  const headers = [...names, COMPLETED].map((name) => OPENING + name + CLOSING);
  const count = names.length;

  return (answer) => {
    const text = answer.includes("\r") ? answer.replaceAll(/\r\n?/g, "\n") : answer;
    const texts = noSections(count);
    /** Of the section that is open; -1, or past the last, where it is none that was asked for. */
    let place = -1;
    let start = 0;
    for (let at = text.indexOf(OPENING); at >= 0; at = text.indexOf(OPENING, at + OPENING.length)) {
      // Right answers have their headers in order, so the next one is tried before any name is read.
      const expected = headers[place + 1];
      const isNext = expected !== undefined && text.startsWith(expected, at);
      // Most headers have their line to themselves.
      const line = at === 0 || text.charCodeAt(at - 1) === 0x0a ? at : lineStart(text, at);
      if (line === undefined && !isDue(text, at, place, texts)) continue;
      const end = isNext ? at + expected.length : headerEnd(text, at + OPENING.length);
      if (end === undefined) continue;
      if (place >= 0 && place < count) texts[place] ??= stripped(text, start, line ?? at);
      place = isNext ? place + 1 : (places.get(text.slice(at + OPENING.length, end - CLOSING.length)) ?? -1);
      start = end;
    }
    if (place < 0 || place >= count) return { texts, place, rest: "" };
    const end = halfHeader(text, start);
    texts[place] ??= stripped(text, start, end);
    return { texts, place, rest: end === text.length ? text.slice(start) : undefined };
  };

  /** Whether the header at this place counts behind text. */
  function isDue(text: string, at: number, place: number, texts: readonly (string | undefined)[]): boolean {
    if (place < 0 || place >= count || isSpokenOf(text[at - 2], text[at - 1])) return false;
    const due = dueHeaders(place, count, (index) => index === place || texts[index] !== undefined);
    return due.some((index) => text.startsWith(headers[index] ?? "", at));
  }

  /** Where a header begins that the text ends in; the text's end where there is none. */
  function halfHeader(text: string, start: number): number {
    const at = text.lastIndexOf(HALF);
    if (at < start) return text.length;
    const line = lineStart(text, at);
    if (line === undefined && isSpokenOf(text[at - 2], text[at - 1])) return text.length;
    return isHalfHeader(text.slice(at), names) ? (line ?? at) : text.length;
  }
}

/** Where the section of a name belongs; that of the end marker is past the last. */
export function placesOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map([[COMPLETED, names.length], ...names.map((name, index) => [name, index] as const)]);
}

/** What a header that is not whole must begin with to be told from text. */
const HALF = "[[ #";

/** Whether an answer that ends so has ended within a header. */
export function isHalfHeader(half: string, names: readonly string[]): boolean {
  return half.startsWith(HALF) && [...names, COMPLETED].some((name) => (OPENING + name + CLOSING).startsWith(half));
}

/**
 * The places of the headers that count behind text: of the end marker (`count`), of the output behind the open one, and of
 * the first that has not been read.
 */
export function dueHeaders(place: number, count: number, isRead: (index: number) => boolean): readonly number[] {
  const due = [count];
  if (place + 1 < count && !isRead(place + 1)) due.push(place + 1);
  for (let index = 0; index < count; index += 1) if (!isRead(index)) return [...due, index];
  return due;
}

/** Whether a header behind these two signs stands in quotes: then it is only spoken of. */
export function isSpokenOf(before: string | undefined, last: string | undefined): boolean {
  return /^[`"'“]$/.test(last ?? "") && /^[\s([{]?$/.test(before ?? "");
}

/** Where the line of a header begins, if nothing but white space stands before it there. */
function lineStart(text: string, at: number): number | undefined {
  for (let index = at; index > 0; index -= 1) {
    const code = text.charCodeAt(index - 1);
    if (code === 0x0a) return index;
    if (!isPythonSpace(code)) return undefined;
  }
  return 0;
}

/** Where the header ends whose name begins at `index`, if one does. */
function headerEnd(text: string, index: number): number | undefined {
  for (const name of [PLAIN_NAME, NAME]) {
    name.lastIndex = index;
    if (name.test(text)) return name.lastIndex;
  }
  return undefined;
}

function noSections(count: number): (string | undefined)[] {
  const sections: (string | undefined)[] = [];
  for (let place = 0; place < count; place += 1) sections.push(undefined);
  return sections;
}
