// The linter finds circles of imports, types counted: it is shown one, and one of types alone.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** What the project's linter says of two files, by its own settings. */
async function lint(a: string, b: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dspex-circles-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "a.ts"), a);
  await writeFile(join(folder, "b.ts"), b);
  const command = join(ROOT, "node_modules/oxlint/bin/oxlint");
  return new Promise((resolve) => {
    execFile(process.execPath, [command, "-c", join(ROOT, ".oxlintrc.json"), folder], (_failed, stdout) =>
      resolve(stdout),
    );
  });
}

const TYPE_OF_B = 'import type { B } from "./b.ts";\nexport interface A {\n  readonly b: B;\n}\n';

test("a circle of values, and one of types", async () => {
  const values = await lint(
    'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
    'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
  );
  expect(values).toContain("import(no-cycle)");
  const types = await lint(TYPE_OF_B, 'import type { A } from "./a.ts";\nexport interface B {\n  readonly a: A;\n}\n');
  expect(types).toContain("import(no-cycle)");
});

test("no circle is none", async () => {
  const said = await lint(TYPE_OF_B, "export interface B {\n  readonly n: number;\n}\n");
  expect(said).not.toContain("import(no-cycle)");
  expect(said).toContain("0 errors");
});
