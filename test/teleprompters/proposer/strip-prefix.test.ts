import { expect, test } from "vitest";
import { stripPrefix } from "../../../src/teleprompters/proposer/strip-prefix.ts";

// re.sub(r"^[\*\s]*(([\w\'\-]+\s+){0,4}[\w\'\-]+):\s*", "", text).strip('"'), asked of Python.
test.each([
  ["Instruction: Answer in one word.", "Answer in one word."],
  ["** My very own new-ish instruction's: Do it.", "Do it."],
  ["one two three four five: rest", "rest"],
  ["one two three four five six: rest", "one two three four five six: rest"],
  ['"Quoted instruction"', "Quoted instruction"],
  ['Summary: ""twice"" ', 'twice"" '],
  ["Instruction: Task: B", "Task: B"],
  ["Überschrift: ja", "ja"],
  ["Instruction:\u001c\u0085 Go", "Go"],
  ["Instruction:\ufeffGo", "\ufeffGo"],
  ["No prefix here", "No prefix here"],
  ["**Bold** text: x", "**Bold** text: x"],
  ["Instruction:", ""],
  ["", ""],
])("%j is left as %j", (text, left) => {
  expect(stripPrefix(text)).toBe(left);
});
