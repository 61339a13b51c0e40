import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "05-evaluate.ts");

test("examples/05-evaluate.ts evaluates what is in dev.jsonl; run again, it asks nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-evaluate-"));
  const rows = ["Paris", "Rome", "Oslo"].map((answer, index) => ({ context: "", question: `q${index}`, answer }));
  writeFileSync(join(folder, "dev.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const server = await openaiServer({
    apiKey: "test",
    answer: (body) => {
      const answer = JSON.stringify(body).includes("q0") ? "Paris" : "Rome";
      return `[[ ## answer ## ]]\n${answer}\n\n[[ ## completed ## ]]`;
    },
  });
  try {
    const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" };
    const first = await runProgram(EXAMPLE, [], { env, cwd: folder });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^66\.67 0 \d+\n/);
    expect(first.stdout).toContain("q2");
    expect(first.stderr).toContain("3/3");
    expect(existsSync(join(folder, "runs", "dev.jsonl"))).toBe(true);
    expect(server.requests).toHaveLength(3);
    const second = await runProgram(EXAMPLE, [], { env, cwd: folder });
    expect(second.stdout).toMatch(/^66\.67 0 0\n/);
    expect(server.requests).toHaveLength(3);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
