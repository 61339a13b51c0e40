import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ChatRequestBody } from "../../src/testing/openai-reply.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

const EXAMPLE = join(import.meta.dirname, "..", "..", "examples", "06-optimize.ts");

/** Every output field that a request asks for, in DSPy's layout: the answer right for even questions, some words for the rest. */
function answerTo({ messages }: ChatRequestBody): string {
  const text = JSON.stringify(messages.at(-1));
  const asked = [...text.matchAll(/`\[\[ ## (\w+) ## \]\]`/g)].map(([, name]) => name ?? "");
  const number = Number(/number (\d+)/.exec(text.split("[[ ## question ## ]]").at(-1) ?? "")?.[1]);
  const value = (name: string): string => (name === "answer" && number % 2 === 0 ? String(number) : `some ${name}`);
  const fields = asked.filter((name) => name !== "completed").map((name) => `[[ ## ${name} ## ]]\n${value(name)}`);
  return [...fields, "[[ ## completed ## ]]"].join("\n\n");
}

test("examples/06-optimize.ts compiles, saves, serves, and has the same as a child; run again, it pays for no step twice", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-optimize-"));
  const rows = Array.from({ length: 8 }, (_, n) => ({ context: "", question: `number ${n}?`, answer: `${n}` }));
  writeFileSync(join(folder, "train.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const server = await openaiServer({ apiKey: "test", answer: answerTo });
  try {
    const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" };
    const first = await runProgram(EXAMPLE, [], { env, cwd: folder });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    // The student, which proposals cannot make worse, comes first.
    expect(first.stdout).toMatch(/^1 \d+(?:\.\d+)? \d+(?:\.\d+)? \d+\n2 /);
    expect(JSON.parse(readFileSync(join(folder, "qa.json"), "utf8"))).toMatchObject({ format: "dspex" });
    const asked = server.requests.length;
    expect(asked).toBeGreaterThan(20);
    const second = await runProgram(EXAMPLE, [], { env, cwd: folder });
    expect(second.stdout).toBe(first.stdout);
    // The one question that is asked of the better program.
    expect(server.requests.length - asked).toBeLessThanOrEqual(1);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
