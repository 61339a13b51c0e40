import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CaseFile, casesOf, filesIn, playCase } from "./play-file.ts";
import type { VectorCase } from "./vector-case.ts";

const FIXTURES = join(import.meta.dirname, "..", "fixtures", "dspy");

const files = await filesIn(FIXTURES);
const cases = await Promise.all(files.map(async (file) => [file, await casesOf(file)] as const));

describe.each(cases.map(([file, list]): [string, CaseFile, readonly VectorCase[]] => [nameOf(file), file, list]))(
  "as DSPy does it, or better: %s",
  (_title, file, list) => {
    test.each(list.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
      const { difference, notBuilt } = await playCase(each, file);
      expect(notBuilt).toBeUndefined();
      expect(difference, each.bug ? `better: ${each.better}` : each.rule).toBeUndefined();
      // What is done where DSPy is wrong is written down, not judged.
      expect(each.ours !== undefined).toBe(each.bug === true);
    });
  },
);

test("no file of cases is left out", () => {
  expect(cases.reduce((sum, [, list]) => sum + list.length, 0)).toBe(1286);
});

function nameOf({ path }: CaseFile): string {
  return path.slice(FIXTURES.length + 1);
}
