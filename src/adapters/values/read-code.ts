import { strip } from "./python-text.ts";

const FENCE = "```";

/**
 * The code in a text (DSPy's rule): what the first fence holds, its first line aside; a fence on one line; else all of the
 * text, as it is. Takes time linear in the text.
 */
export function codeIn(text: string): string {
  const open = text.indexOf(FENCE);
  if (open < 0) return text;
  const inside = open + FENCE.length;
  const lineEnd = text.indexOf("\n", inside);
  // Where the first fence has no line end behind it, or no other fence behind that, no later one has.
  const close = lineEnd < 0 ? -1 : text.indexOf(FENCE, lineEnd + 1);
  if (close >= 0) return strip(text.slice(lineEnd + 1, close));
  const sameLine = text.indexOf(FENCE, inside);
  return sameLine < 0 ? text : strip(text.slice(inside, sameLine));
}
