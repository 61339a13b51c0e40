import { ESCAPED } from "./loose-json.ts";
import { blanksSeen, endsText, opensInner } from "./text-end.ts";
import type { QuotedPlace } from "./text-end.ts";
import type { FieldSink } from "./partial-reader.ts";

/** Reads one text in double quotes as it comes, sign by sign, from behind its first quote. */
export interface JsonStringReader {
  /**
   * What turned out to stand behind the text, this sign last: it has ended before that. Undefined: it goes on, or nobody
   * knows yet.
   */
  push(sign: string): string | undefined;
  /** Writes to the sink what is known by now. */
  flush(): void;
  /** The answer ends here. */
  end(): void;
}

/** Signs after a backslash that stand for themselves. */
const NAMED_BY_ITSELF = "\"'\\/`”";

/** A value of the object that is the answer, as far as the end of a text goes. */
const IN_ANSWER: QuotedPlace = Object.freeze({ within: "object", outermost: true, bareKeys: false });

/** So many signs behind a quote are looked at anew with each one, more only when they have doubled. */
const LOOKED_AT = 64;
/** No key is longer. What still says nothing then is left to the reader of whole answers: else time would be quadratic. */
const TOO_LONG = 1_200;

/**
 * A quote ends the text if something follows that can follow a text, by the rule of the tolerant reader (`endsText`); so
 * quotes inside a text that nobody escaped are part of it, and each quote is held back until more has come.
 */
export function jsonStringReader(sink: FieldSink): JsonStringReader {
  let run = "";
  /** An escape that is not whole. */
  let escape = "";
  /** A quote that may be the last, and what has come behind it. */
  let tail = "";
  let looked = 0;
  /** The last sign of the text, as it stands in the answer. */
  let last = '"';
  /** Whether a quote inside the text is open. */
  let inner = false;
  /** Whether it has become too odd to be read before its end is known. */
  let lost = false;

  const flush = (): void => {
    if (run !== "") sink.write(run);
    run = "";
  };
  const close = (): void => {
    flush();
    sink.close();
  };
  const inside = (sign: string): void => {
    if (sign === "\\") escape = sign;
    else if (sign === '"') {
      tail = sign;
      looked = 0;
    } else run += sign;
    if (tail === "") last = sign;
  };
  const inEscape = (sign: string): void => {
    last = sign;
    if (escape !== "\\" || sign === "u") {
      escape += sign;
      if (escape.length < 6) return;
      const digits = escape.slice(2);
      if (/^[0-9a-fA-F]{4}$/.test(digits)) run += String.fromCharCode(Number.parseInt(digits, 16));
      else lost = true;
    } else run += ESCAPED[sign] ?? (NAMED_BY_ITSELF.includes(sign) ? sign : `\\${sign}`);
    escape = "";
  };
  const ends = (whole: boolean): boolean | undefined =>
    endsText(tail, 1, IN_ANSWER, { inner, whole, seen: blanksSeen() });
  /** What came behind a quote that is part of the text is read like the rest of it. */
  const goOn = (): string | undefined => {
    const [quote = "", ...behind] = tail;
    inner = !inner && opensInner(last, behind[0]);
    run += quote;
    last = quote;
    tail = "";
    for (const [index, sign] of behind.entries()) {
      const rest = take(sign);
      if (rest !== undefined) return rest + behind.slice(index + 1).join("");
    }
    return undefined;
  };
  const take = (sign: string): string | undefined => {
    if (lost) return undefined;
    if (escape !== "") inEscape(sign);
    else if (tail === "") inside(sign);
    else {
      tail += sign;
      if (tail.length > TOO_LONG) lost = true;
      if (tail.length > LOOKED_AT && tail.length < 2 * looked) return undefined;
      looked = tail.length;
      const over = ends(false);
      if (over === true) {
        close();
        return tail.slice(1);
      }
      if (over === false) return goOn();
    }
    return undefined;
  };

  return {
    push: take,
    flush,
    end() {
      const rest = (): boolean => tail !== "" && !lost;
      while (rest()) {
        if (ends(true) === true) return close();
        goOn();
      }
      if (!lost) {
        flush();
        sink.cut();
      }
    },
  };
}
