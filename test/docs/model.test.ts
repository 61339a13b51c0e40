import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MODEL } from "../../src/cli/answer/choose-model.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What a task's model is taught, proposed to or judged by. */
const STRONGER = "gpt-5.6-sol";

test("examples and docs name one model, the command line's", () => {
  const files = globSync(["README.md", "docs/**/*.md", "examples/**/*.ts"], { cwd: ROOT });
  const named = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(/openai\("([^"]+)"/g)].map(([, model]) => ({ file, model })),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ model = "" }) => ![MODEL, STRONGER].includes(model) && model.startsWith("gpt"))).toEqual([]);
});
