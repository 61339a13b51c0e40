import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODEL } from "../../src/cli/answer/choose-model.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What a task's model is taught, proposed to or judged by; and one that does not reason, for log probabilities. */
const OTHERS = ["gpt-5.6-sol", "gpt-4.1-mini"];

test("examples and docs name the command line's model", () => {
  const files = globSync(["README.md", "docs/**/*.md", "examples/**/*.ts"], { cwd: ROOT });
  const named = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/openai\("([^"]+)"/g)].map(([, model]) => ({ file, model })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ model = "" }) => ![MODEL, ...OTHERS].includes(model) && model.startsWith("gpt"))).toEqual([]);
});
