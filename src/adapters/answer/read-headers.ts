import { isPythonSpace, stripped } from "../values/python-text.ts";

const OPENING = "[[ ## ";
const CLOSING = " ## ]]";

/** What follows {@link OPENING}: a name of word characters of any script (combining marks too, as names may hold them). */
const NAME = /[\p{L}\p{N}\p{M}_]+ ## \]\]/uy;
/** The same for most names, and faster. */
const PLAIN_NAME = /\w+ ## \]\]/y;

/** The trimmed texts under the headers of the names that were asked for, in their order; undefined where one is missing. */
export type ReadSections = (answer: string) => readonly (string | undefined)[];

/**
 * Splits answers in the chat layout into their sections. A header stands at the start of a line, indented or not. Text
 * before the first one is dropped; a header of any name ends the section before it; of a repeated one the first counts;
 * what follows on a header's line belongs to its section. `\r\n` and `\r` end lines as `\n` does, and become it.
 *
 * Departs from DSPy for indented headers, which leave their own last signs in its values, and for signs that only Python
 * takes for line ends (U+2028 …), which it turns into line breaks.
 *
 * Takes time linear in the text: it is searched once, and white space before a header looked at once more.
 */
export function headerReader(names: readonly string[]): ReadSections {
  const places = new Map(names.map((name, index) => [name, index]));
  // In the order in which right answers have them; what follows the last one is nobody's section.
  const headers = [...names, "completed"].map((name) => OPENING + name + CLOSING);
  return (answer) => {
    const text = answer.includes("\r") ? answer.replaceAll(/\r\n?/g, "\n") : answer;
    const sections = noSections(names.length);
    /** Of the section that is open; -1, or past the last, where it is none that was asked for. */
    let place = -1;
    let start = 0;
    for (let at = text.indexOf(OPENING); at >= 0; at = text.indexOf(OPENING, at + OPENING.length)) {
      const line = lineStart(text, at);
      if (line === undefined) continue;
      // Right answers have their headers in order, so the next one is tried before any name is read.
      const expected = headers[place + 1];
      const isNext = expected !== undefined && text.startsWith(expected, at);
      const end = isNext ? at + expected.length : headerEnd(text, at + OPENING.length);
      if (end === undefined) continue;
      if (place >= 0 && place < names.length) sections[place] ??= stripped(text, start, line);
      place = isNext ? place + 1 : (places.get(text.slice(at + OPENING.length, end - CLOSING.length)) ?? -1);
      start = end;
    }
    if (place >= 0 && place < names.length) sections[place] ??= stripped(text, start, text.length);
    return sections;
  };
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
