import { expect, test } from "vitest";
import { prettyLine } from "../../src/foundation/pretty-line.ts";

const AT = Date.UTC(2026, 1, 3, 15, 4, 5, 678);
const pretty = (line: object, colours = false): string =>
  prettyLine(JSON.stringify({ time: AT, pid: 1, hostname: "h", system: "dspex", ...line }), colours);

test("a line says when, how loud, what happened, and what its words have not said", () => {
  const about = { event: "request:ended", run: "run-1", ms: 812, labels: { tenant: "acme" }, path: "self" };
  expect(pretty({ level: 30, msg: "run-1: openai answered in 812 ms", ...about })).toBe(
    '15:04:05.678 info  run-1: openai answered in 812 ms  labels={"tenant":"acme"} path=self\n',
  );
});

test("what a program of the user's own tells is shown whole", () => {
  const line = { level: 40, msg: "run-1: too_short", event: "run:decided", decision: "too_short", ms: 3, why: "a b" };
  expect(pretty(line)).toBe('15:04:05.678 warn  run-1: too_short  ms=3 why="a b"\n');
});

test("an error's stack stands below", () => {
  const error = { type: "RangeError", stack: "RangeError: no\n    at here (a.ts:1:2)" };
  expect(pretty({ level: 50, msg: "qa crashed: RangeError: no", error })).toBe(
    "15:04:05.678 error qa crashed: RangeError: no\n    RangeError: no\n      at here (a.ts:1:2)\n",
  );
});

test("colours are the line's own: nothing in it moves the cursor", () => {
  const line = pretty({ level: 50, msg: "bad \u001b[2J", path: "\u0007" }, true);
  expect(line).toContain("\u001b[31merror\u001b[39m bad \\x1b[2J");
  expect(line).not.toContain("\u0007");
  expect(line).not.toContain("\u001b[2J");
});
