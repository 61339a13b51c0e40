import type { Field } from "../../signatures/field/field.ts";
import { MAX_DEPTH } from "./loose-json.ts";
import type { FieldSink, PartialReader, SinkRules } from "./partial-reader.ts";
import { isStreamedText, partCollector } from "./partial-reader.ts";
import { jsonStringReader } from "./json-string-partial.ts";
import { isSpace } from "./text-end.ts";

/** White space inside a text in quotes is its own. */
const QUOTED: SinkRules = Object.freeze({
  strip: false,
  nullWords: false,
  isSpace: (code: number) => String.fromCharCode(code).trim() === "",
});

/** Takes a sign; tells what takes the next one. */
type State = (sign: string) => State;

/**
 * Reads a JSON answer as it comes: the values of the outputs' keys in the first object that has any. Text in quotes is
 * read as the tolerant reader reads it; where anything else is not plain JSON, nothing more is told, since what it means
 * is known at the end only.
 */
export function jsonPartial(outputs: readonly Field[]): PartialReader {
  const parts = partCollector();
  const byName = new Map(outputs.map((field) => [field.name, field]));
  let found = false;
  /** What is under way, where the answer may end within it. */
  let text: ReturnType<typeof jsonStringReader> | undefined;

  const lost: State = () => lost;
  const start: State = (sign) => (isSpace(sign) ? start : sign === "(" ? lost : seek(sign));
  const seek: State = (sign) => (sign === "{" ? beforeKey : sign === "[" ? lost : seek);
  const beforeKey: State = (sign) => {
    if (isSpace(sign) || sign === ",") return beforeKey;
    return sign === "}" ? endOfObject() : sign === '"' ? inKey() : lost;
  };
  const endOfObject = (): State => (found ? lost : seek);

  const inKey = (): State => {
    let key = "";
    let escaped = false;
    const state: State = (sign) => {
      if (sign === '"' && !escaped) {
        const read = parsed(`"${key}"`);
        return typeof read === "string" ? afterKey(read) : lost;
      }
      escaped = sign === "\\" && !escaped;
      key += sign;
      return state;
    };
    return state;
  };
  const afterKey = (key: string): State => {
    const state: State = (sign) => (isSpace(sign) ? state : sign === ":" ? beforeValue(key) : lost);
    return state;
  };
  const beforeValue = (key: string): State => {
    const field = byName.get(key);
    const state: State = (sign) => {
      if (isSpace(sign)) return state;
      if (!/["{[\-\dtfn]/.test(sign)) return lost;
      found ||= field !== undefined;
      if (sign === '"') return inText(parts.open(field, QUOTED));
      // A text field takes numbers and lists too, but how they read as text is known at the end.
      const sink = parts.open(field !== undefined && isStreamedText(field.type) ? undefined : field);
      return sign === "{" || sign === "[" ? inBrackets(sink, sign) : inScalar(sink, sign);
    };
    return state;
  };
  const afterValue: State = (sign) => {
    if (isSpace(sign)) return afterValue;
    return sign === "," ? beforeKey : sign === "}" ? endOfObject() : lost;
  };

  const inText = (sink: FieldSink): State => {
    const reader = jsonStringReader(sink);
    text = reader;
    const state: State = (sign) => {
      const behind = reader.push(sign);
      if (behind === undefined) return state;
      text = undefined;
      // The signs that proved that the quote before them was the last one.
      let next = afterValue;
      for (let index = 0; index < behind.length; index += 1) next = next(behind[index] ?? "");
      return next;
    };
    return state;
  };
  const whole = (sink: FieldSink, json: string): boolean => {
    if (parsed(json) === undefined) return false;
    sink.write(json);
    sink.close();
    return true;
  };
  const inScalar = (sink: FieldSink, first: string): State => {
    let json = first;
    const state: State = (sign) => {
      if (sign !== "," && sign !== "}" && !isSpace(sign)) {
        json += sign;
        return state;
      }
      return whole(sink, json) ? afterValue(sign) : lost;
    };
    return state;
  };
  const inBrackets = (sink: FieldSink, first: string): State => {
    const signs = [first];
    let depth = 1;
    let quoted = false;
    let escaped = false;
    const state: State = (sign) => {
      signs.push(sign);
      if (quoted) {
        if (sign === '"' && !escaped) quoted = false;
        escaped = sign === "\\" && !escaped;
        return state;
      }
      if (sign === '"') quoted = true;
      else if (sign === "{" || sign === "[") depth += 1;
      else if (sign === "}" || sign === "]") depth -= 1;
      if (depth > MAX_DEPTH) return lost;
      return depth > 0 ? state : whole(sink, signs.join("")) ? afterValue : lost;
    };
    return state;
  };

  let state = start;
  return {
    push(piece) {
      // By code units: an escape names one of them, too.
      for (let index = 0; index < piece.length && state !== lost; index += 1) state = state(piece[index] ?? "");
      text?.flush();
      return parts.take();
    },
    end() {
      text?.end();
      text = undefined;
      state = lost;
      return parts.take();
    },
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
