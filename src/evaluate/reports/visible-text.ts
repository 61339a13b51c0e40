/**
 * Signs that do something instead of being seen: control characters (terminals take them for commands), those that turn
 * the direction of text around or are not seen at all, halves of pairs. Joiners stay: languages and emoji need them.
 */
const UNSEEN =
  /[\p{Cc}\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]|\p{Cs}/gu;

/** One line in which every sign is seen: ends of lines as ↵, others by their number, as in `\u{1b}`. */
export function visible(text: string): string {
  return text
    .replaceAll(/\r\n?|\n/g, "↵")
    .replaceAll("\t", " ")
    .replaceAll(UNSEEN, byNumber);
}

/** The same with its lines as they are. */
export function visibleLines(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n").replaceAll(UNSEEN, (sign) => (/[\n\t]/.test(sign) ? sign : byNumber(sign)));
}

function byNumber(sign: string): string {
  // Half of a pair has a number, too.
  return `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;
}
