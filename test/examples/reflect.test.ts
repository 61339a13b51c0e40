import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../cli/run-process.ts";

const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "06-reflect.ts");

test("examples/06-reflect.ts improves two predictors and a declared text by what its own checks say", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-reflect-"));
  try {
    const { code, stdout, stderr } = await runProgram(EXAMPLE, [], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [before, after] = ["before", "after"].map((when) =>
      Number(new RegExp(`^${when}: (.*)$`, "m").exec(stdout)?.[1]),
    );
    expect(before).toBeLessThan(40);
    expect(after).toBe(100);
    expect(stdout).toMatch(/^student [\d.]+ [\d.]+ $/m);
    expect(stdout).toMatch(/^policy: Be helpful\. promise no date\.$/m);
    expect(stdout).toMatch(/^classify: Name the department\. .*belongs to billing\./m);
    expect(stdout).toMatch(/^respond: Answer the customer\. begin with the customer's name\.$/m);
    expect(stdout).toContain("Candidates");
    expect(readFileSync(join(folder, "gepa.html"), "utf8")).toContain("policy (parameter)");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
