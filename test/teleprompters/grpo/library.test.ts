import { describe, expect, test } from "vitest";
import {
  applied,
  changeText,
  EMPTY,
  type LessonOperation,
  withLessons,
} from "../../../src/teleprompters/grpo/lessons/library.ts";

const LIMITS = { maxLessons: 2, maxLessonLength: 20 };
const two = applied(
  EMPTY,
  [
    { op: "add", lesson: "Say the unit." },
    { op: "add", lesson: " Be\n brief. " },
  ],
  LIMITS,
).library;

describe("a library", () => {
  test("takes lessons, each on a line", () => {
    expect(two.lessons).toEqual([
      { id: 1, text: "Say the unit." },
      { id: 2, text: "Be brief." },
    ]);
    expect(withLessons("Answer.", two)).toBe(
      "Answer.\n\nWhat earlier attempts have taught:\n- Say the unit.\n- Be brief.",
    );
    expect(withLessons("Answer.", EMPTY)).toBe("Answer.");
  });

  test.each<readonly [what: string, operation: LessonOperation]>([
    ["one more than there is room for", { op: "add", lesson: "Check." }],
    ["one that is there", { op: "update", id: 1, lesson: "Be brief." }],
    ["one that says nothing", { op: "update", id: 1, lesson: "  " }],
    ["none", { op: "update", id: 1 }],
    ["one that is too long", { op: "update", id: 1, lesson: "x".repeat(100_000) }],
    ["an update of one that is not there", { op: "update", id: 7, lesson: "Check." }],
    ["a deletion of one that is not there", { op: "delete", id: null }],
  ])("leaves out %s", (_what, operation) => {
    expect(applied(two, [operation], LIMITS)).toEqual({ library: two, changes: [] });
  });

  test("changes and forgets, and gives no number twice", () => {
    const { library, changes } = applied(
      two,
      [
        { op: "update", id: 1, lesson: "Say units." },
        { op: "delete", id: 2 },
        { op: "add", lesson: "Check." },
      ],
      LIMITS,
    );
    expect(changes).toEqual([
      { id: 1, is: "changed", text: "Say units.", before: "Say the unit." },
      { id: 2, is: "deleted", text: "Be brief." },
      { id: 3, is: "added", text: "Check." },
    ]);
    expect(changes.map(changeText)).toEqual(["~[1] Say units.", "-[2] Be brief.", "+[3] Check."]);
    expect(library.lessons.map(({ id }) => id)).toEqual([1, 3]);
  });
});
