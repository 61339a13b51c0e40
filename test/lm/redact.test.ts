import { expect, test } from "vitest";
import { redactor } from "../../src/lm/redact.ts";

test("takes out known secrets, the longest first, and what looks like a key", () => {
  const redact = redactor(["secret-1", "secret-1-long", undefined]);
  expect(redact("a secret-1-long b secret-1 c sk-proj-abc***xyz d")).toBe("a [secret] b [secret] c [secret] d");
});

test("short values are words", () => {
  expect(redactor(["blue"])("the blue sky, the disk-drive and the task-force")).toBe(
    "the blue sky, the disk-drive and the task-force",
  );
});
