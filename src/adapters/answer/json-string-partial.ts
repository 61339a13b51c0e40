import { CLOSERS, ESCAPED, QUOTES, isSpace } from "./loose-json.ts";
import type { FieldSink } from "./partial-reader.ts";

/** Reads one text in double quotes as it comes, sign by sign, from behind its first quote. */
export interface JsonStringReader {
  /** Whether the sign stands behind the text, which has ended before it; it is not taken then. */
  push(sign: string): boolean;
  /** Writes to the sink what is known by now. */
  flush(): void;
  /** The answer ends here. */
  end(): void;
}

/** Signs after a backslash that stand for themselves. */
const NAMED_BY_ITSELF = "\"'\\/`”";

/**
 * A quote ends the text if something follows that can follow a text, as in the tolerant reader (`readLooseJson`); so
 * quotes inside a text that nobody escaped are part of it, and each quote is held back until more has come.
 */
export function jsonStringReader(sink: FieldSink): JsonStringReader {
  let run = "";
  /** An escape that is not whole. */
  let escape = "";
  /** A quote that may be the last, and what has come behind it. */
  let tail = "";
  /** Whether that ends in a slash, which may begin a comment. */
  let slash = false;
  /** Whether it has become too odd to be read before its end is known. */
  let lost = false;

  const flush = (): void => {
    if (run !== "") sink.write(run);
    run = "";
  };
  const close = (): true => {
    flush();
    sink.close();
    return true;
  };
  const inside = (sign: string): void => {
    if (sign === "\\") escape = sign;
    else if (sign === '"') tail = sign;
    else run += sign;
  };
  const inEscape = (sign: string): void => {
    if (escape !== "\\" || sign === "u") {
      escape += sign;
      if (escape.length < 6) return;
      const digits = escape.slice(2);
      if (/^[0-9a-fA-F]{4}$/.test(digits)) run += String.fromCharCode(Number.parseInt(digits, 16));
      else lost = true;
    } else run += ESCAPED[sign] ?? (NAMED_BY_ITSELF.includes(sign) ? sign : `\\${sign}`);
    escape = "";
  };
  /** Whether the quote before this sign ended the text; undefined: that is not known yet. */
  const quoteEnds = (sign: string): boolean | undefined => {
    if (slash) return sign === "/" || sign === "*";
    slash = sign === "/";
    if (slash || (isSpace(sign) && sign !== "\n")) return undefined;
    return "\n,#".includes(sign) || CLOSERS.includes(sign) || QUOTES[sign] !== undefined;
  };

  return {
    push(sign) {
      if (lost) return false;
      if (escape !== "") inEscape(sign);
      else if (tail === "") inside(sign);
      else {
        const ends = quoteEnds(sign);
        if (ends) return close();
        if (ends === undefined) tail += sign;
        else {
          run += tail;
          tail = "";
          slash = false;
          inside(sign);
        }
      }
      return false;
    },
    flush,
    end() {
      if (tail !== "") close();
      else if (!lost) {
        flush();
        sink.cut();
      }
    },
  };
}
