import type { Field } from "../../signatures/field/field.ts";
import type { FieldType } from "../../signatures/types/field-type.ts";
import { isPythonSpace } from "../values/python-text.ts";
import { readValue } from "../values/read-value.ts";

/** What is new about one output. */
export interface FieldPart {
  readonly field: string;
  /**
   * Of a text (`str`, `Optional[str]`), what comes next: all of them together are its value. Of another type, the text
   * of its value, in one piece with `done`.
   */
  readonly delta: string;
  /** Whether this was its last one. */
  readonly done: boolean;
}

/**
 * Reads one answer by field while it comes. It tells nothing that the whole answer would have to take back, as far as the
 * answer keeps to its layout: white space that may be trimmed, what may yet be a header or a tag, and half escapes are
 * held back until they are known for what they are.
 *
 * What the reading of the whole text mends (a value under a wrong name, an unquoted key) is not seen here: then an output
 * has no parts, or not all of them.
 */
export interface PartialReader {
  push(text: string): readonly FieldPart[];
  /** The answer has come to its end and could be read: what was held back. */
  end(): readonly FieldPart[];
}

/** Where the text of one output goes. */
export interface FieldSink {
  write(text: string): void;
  /** The value is whole. */
  close(): void;
  /** The answer ended within the value: white space at its end is not its own. */
  cut(): void;
}

export interface SinkRules {
  /** Whether white space around the value belongs to the layout. Default true. */
  readonly strip?: boolean;
  /** Whether the words `null` and `None` are no text, where the type allows none. Default true. */
  readonly nullWords?: boolean;
  /** What counts as white space. Default: Python's. */
  readonly isSpace?: (code: number) => boolean;
}

/** Gathers the parts of an answer's outputs. */
export interface PartCollector {
  /** The sink of an output. Of several values for one output the first counts; others, and those for none, are dropped. */
  open(field: Field | undefined, rules?: SinkRules): FieldSink;
  /** The parts since the last time. */
  take(): readonly FieldPart[];
}

export function partCollector(): PartCollector {
  const opened = new Set<Field>();
  let parts: FieldPart[] = [];
  const emit = (field: string, delta: string, done: boolean): void => {
    const last = parts.at(-1);
    if (last?.field === field) parts[parts.length - 1] = { field, delta: last.delta + delta, done };
    else if (delta !== "" || done) parts.push({ field, delta, done });
  };
  return {
    open(field, rules = {}) {
      if (field === undefined || opened.has(field)) return NOWHERE;
      opened.add(field);
      const { name, type } = field;
      const tell: Tell = (delta, done) => emit(name, delta, done);
      if (isOptionalText(type)) return textSink(rules.nullWords === false ? tell : withoutNull(tell), rules);
      if (type.kind === "str") return textSink(tell, rules);
      return wholeSink(type, (text) => emit(name, text, true), rules);
    },
    take() {
      const taken = parts;
      parts = [];
      return taken;
    },
  };
}

const NOWHERE: FieldSink = Object.freeze({ write: () => undefined, close: () => undefined, cut: () => undefined });

/** Whether the type's values come as deltas. */
export function isStreamedText(type: FieldType): boolean {
  return type.kind === "str" || isOptionalText(type);
}

function isOptionalText(type: FieldType): boolean {
  if (type.kind !== "union" || type.members.length !== 2) return false;
  return type.members.some(({ kind }) => kind === "str") && type.members.some(({ kind }) => kind === "none");
}

type Tell = (delta: string, done: boolean) => void;

function textSink(tell: Tell, { strip = true, isSpace = isPythonSpace }: SinkRules): FieldSink {
  let begun = !strip;
  /** What may have to go: white space at the end, and half of a sign that takes two code units. */
  let held = "";
  const startOfText = (text: string): number => {
    let start = 0;
    while (start < text.length && isSpace(text.charCodeAt(start))) start += 1;
    return start;
  };
  const endOfText = (text: string, start: number): number => {
    let end = text.length;
    while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
    return end;
  };
  const finish = (trimmed: boolean): void => {
    tell(trimmed ? held.slice(0, endOfText(held, 0)) : held, true);
    held = "";
  };
  return {
    write(text) {
      const start = begun ? 0 : startOfText(text);
      let end = endOfText(text, start);
      if (end > start) begun = true;
      if (end > start && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
      if (end > start) {
        tell(held + text.slice(start, end), false);
        held = text.slice(end);
      } else held += text.slice(start);
    },
    close: () => finish(strip),
    cut: () => finish(true),
  };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** The words for "no text" in an optional one are no text, so they must be known not to be all of it. */
function withoutNull(tell: Tell): Tell {
  let start: string | undefined = "";
  return (delta, done) => {
    if (start === undefined) return tell(delta, done);
    start += delta;
    if (done) return tell(NULLS.includes(start) ? "" : start, true);
    if (NULLS.some((word) => word.startsWith(start ?? ""))) return;
    tell(start, false);
    start = undefined;
  };
}

const NULLS: readonly string[] = ["null", "None"];

/** Tells a value once it is whole, and only if it can be read. */
function wholeSink(
  type: FieldType,
  tell: (text: string) => void,
  { strip = true, isSpace = isPythonSpace }: SinkRules,
): FieldSink {
  let text = "";
  const inner = textSink(
    (delta, done) => {
      text += delta;
      const read = done ? readValue(type, text) : undefined;
      // Of code the code alone, without the fence around it.
      if (read?.ok) tell(type.kind === "code" ? String(read.value) : text);
    },
    { strip, isSpace },
  );
  return inner;
}
