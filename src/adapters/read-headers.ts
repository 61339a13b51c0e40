import { strip } from "./python-text.ts";

/** At the start of a line, exact; a name is word characters of any script (combining marks too, as names may hold them). */
const HEADER = /\s*\[\[ ## ([\p{L}\p{N}\p{M}_]+) ## \]\]/uy;

/**
 * Splits an answer in the chat layout into its sections: header name → trimmed text. Text before the first header is
 * dropped; a header of any name ends the section before it; of a repeated one the first counts; what follows on a
 * header's line belongs to its section. `\r\n` and `\r` end lines as `\n` does.
 *
 * Departs from DSPy for indented headers, which leave their own last signs in its values, and for signs that only Python
 * takes for line ends (U+2028 …), which it turns into line breaks.
 *
 * Takes time linear in the text: each line is looked at once.
 */
export function readHeaders(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  let name: string | undefined;
  let lines: string[] = [];
  const end = (): void => {
    if (name !== undefined && !sections.has(name)) sections.set(name, strip(lines.join("\n")));
  };
  for (const line of text.split(/\r\n|\n|\r/)) {
    HEADER.lastIndex = 0;
    const header = HEADER.exec(line);
    if (header === null) {
      lines.push(line);
      continue;
    }
    end();
    name = header[1];
    lines = [line.slice(header[0].length)];
  }
  end();
  return sections;
}
