import type { LessonChange } from "../../teleprompter.ts";

/** What runs have taught about one predictor. */
export interface LessonOf {
  /** From 1; never given again. */
  readonly id: number;
  readonly text: string;
}

export interface Library {
  readonly lessons: readonly LessonOf[];
  readonly nextId: number;
}

export const EMPTY: Library = Object.freeze({ lessons: Object.freeze([]), nextId: 1 });

/** What a model that has compared runs wants done with the library. */
export interface LessonOperation {
  readonly op: "add" | "update" | "delete";
  /** Of the lesson that is to be changed. */
  readonly id?: number | null | undefined;
  readonly lesson?: string | null | undefined;
}

export interface LibraryLimits {
  readonly maxLessons: number;
  /** Characters of one lesson: a longer one is left out. */
  readonly maxLessonLength: number;
}

export interface Applied {
  readonly library: Library;
  /** What was done, in order; empty: nothing. */
  readonly changes: readonly Omit<LessonChange, "predictor">[];
}

/**
 * Does what can be done, in order. Left out: a lesson that says nothing, that is there word for word, that is too long, or that finds
 * no room; an update or a deletion of one that is not there.
 */
export function applied(library: Library, operations: readonly LessonOperation[], limits: LibraryLimits): Applied {
  let { lessons, nextId } = library;
  const changes: Omit<LessonChange, "predictor">[] = [];
  for (const { op, id, lesson } of operations) {
    const text = oneLine(lesson ?? "");
    const known = lessons.find((each) => each.id === id);
    const says = text !== "" && text.length <= limits.maxLessonLength && !lessons.some((each) => each.text === text);
    if (op === "add" && says && lessons.length < limits.maxLessons) {
      lessons = [...lessons, { id: nextId, text }];
      changes.push({ id: nextId, is: "added", text });
      nextId += 1;
    } else if (op === "update" && says && known !== undefined) {
      lessons = lessons.map((each) => (each === known ? { id: known.id, text } : each));
      changes.push({ id: known.id, is: "changed", text, before: known.text });
    } else if (op === "delete" && known !== undefined) {
      lessons = lessons.filter((each) => each !== known);
      changes.push({ id: known.id, is: "deleted", text: known.text });
    }
  }
  return Object.freeze({ library: Object.freeze({ lessons: Object.freeze(lessons), nextId }), changes });
}

const SIGNS: Readonly<Record<LessonChange["is"], string>> = { added: "+", changed: "~", deleted: "-" };

/** A change as a line: `+[3] Say it in one word.` */
export function changeText({ is, id, text }: Pick<LessonChange, "is" | "id" | "text">): string {
  return `${SIGNS[is]}[${id}] ${text}`;
}

/** Instructions with the lessons below them, as they are without where there are none. */
export function withLessons(instructions: string, { lessons }: Library): string {
  if (lessons.length === 0) return instructions;
  return `${instructions}\n\nWhat earlier attempts have taught:\n${lessons.map(({ text }) => `- ${text}`).join("\n")}`;
}

/** A lesson is one item of a list. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
