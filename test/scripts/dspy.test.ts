import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const FIXTURES = join(ROOT, "test", "fixtures", "dspy");

function play(...args: readonly string[]): { readonly status: number | null; readonly lines: readonly string[] } {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, "scripts", "dspy.ts"), ...args], {
    encoding: "utf8",
  });
  return { status, lines: stdout.trimEnd().split("\n") };
}

test("the player prints a line for each file and the sum, and exits with 0 when all pass", () => {
  expect(play(join(FIXTURES, "format-floats.json"), join(FIXTURES, "saved"))).toEqual({
    status: 0,
    lines: ["format-floats.json: 6 of 6", "saved/: 9 of 9", "15 passed, 0 failed"],
  });
});

test("it exits with 1 when nothing was played, and with 2 for a file that is not there", () => {
  expect(play(join(FIXTURES, "format.json"), "--only", "no such case")).toMatchObject({ status: 1 });
  expect(play(join(FIXTURES, "nothing.json")).status).toBe(2);
});
