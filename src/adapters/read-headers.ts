import { isPythonSpace, strip } from "./python-text.ts";

const OPENING = "[[ ## ";

/** What follows {@link OPENING}: a name of word characters of any script (combining marks too, as names may hold them). */
const NAME = /([\p{L}\p{N}\p{M}_]+) ## \]\]/uy;
/** The same for most names, and faster. */
const PLAIN_NAME = /(\w+) ## \]\]/y;

/**
 * Splits an answer in the chat layout into its sections: header name → trimmed text. A header stands at the start of a
 * line, indented or not. Text before the first one is dropped; a header of any name ends the section before it; of a
 * repeated one the first counts; what follows on a header's line belongs to its section. `\r\n` and `\r` end lines as
 * `\n` does, and become it.
 *
 * Departs from DSPy for indented headers, which leave their own last signs in its values, and for signs that only Python
 * takes for line ends (U+2028 …), which it turns into line breaks.
 *
 * Takes time linear in the text: it is searched once, and white space before a header looked at once more.
 */
export function readHeaders(answer: string): Map<string, string> {
  const text = answer.includes("\r") ? answer.replaceAll(/\r\n?/g, "\n") : answer;
  const sections = new Map<string, string>();
  let name: string | undefined;
  let start = 0;
  for (let at = text.indexOf(OPENING); at >= 0; at = text.indexOf(OPENING, at + OPENING.length)) {
    const line = lineStart(text, at);
    if (line === undefined) continue;
    const found = nameAt(text, at + OPENING.length);
    if (found === undefined) continue;
    if (name !== undefined && !sections.has(name)) sections.set(name, strip(text.slice(start, line)));
    name = found.name;
    start = found.end;
  }
  if (name !== undefined && !sections.has(name)) sections.set(name, strip(text.slice(start)));
  return sections;
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

function nameAt(text: string, index: number): { readonly name: string; readonly end: number } | undefined {
  PLAIN_NAME.lastIndex = index;
  let match = PLAIN_NAME.exec(text);
  let end = PLAIN_NAME.lastIndex;
  if (match === null) {
    NAME.lastIndex = index;
    match = NAME.exec(text);
    end = NAME.lastIndex;
  }
  const name = match?.[1];
  return name === undefined ? undefined : { name, end };
}
