/** A word in Python's sense of `\w`, with `'` and `-`; and what its `\s` is, which JavaScript's is not. */
const WORD = "[\\p{L}\\p{N}_'\\-]+";
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const PREFIX = new RegExp(`^(?:\\*|${SPACE})*(?:${WORD}${SPACE}+){0,4}${WORD}:${SPACE}*`, "u");

/**
 * What models write before what they were asked for goes: up to five words and a colon (`Instruction: `, `**My new one: `),
 * then the double quotes around the rest (DSPy's `strip_prefix`).
 */
export function stripPrefix(text: string): string {
  return text.replace(PREFIX, "").replace(/^"+/, "").replace(/"+$/, "");
}
