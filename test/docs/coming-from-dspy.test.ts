import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const EXAMPLE = "examples/coming-from-dspy.ts";

function codeIn(page: string): readonly string[] {
  return [...page.matchAll(/^```ts\n([\s\S]*?)\n```$/gm)].map(([, code = ""]) => code);
}

/** Code that differs only where a formatter has put blank lines. */
function lines(code: string): readonly string[] {
  return code.split("\n").filter((line) => line !== "");
}

test("the page's code is the example's, which the compiler checks", async () => {
  const blocks = codeIn(await readFile(join(ROOT, "docs", "coming-from-dspy.md"), "utf8"));
  const [comment, ...code] = lines(await readFile(join(ROOT, EXAMPLE), "utf8"));
  expect(comment).toBe("// The code of docs/coming-from-dspy.md, block by block.");
  expect(blocks.length).toBeGreaterThan(5);
  expect(blocks.flatMap(lines)).toEqual(code);
});

const chat = (fields: Readonly<Record<string, string>>): string =>
  [...Object.entries(fields), ["completed", ""]].map(([name, text]) => `[[ ## ${name} ## ]]\n${text}`).join("\n\n");

const QUERIES = chat({ queries: '["a", "b"]' });
const THOUGHT = chat({ reasoning: "Because.", answer: "Ann" });

test("it runs, from the first block to the last", async () => {
  const server = await openaiServer({
    apiKey: "test",
    replies: [
      chat({ answer: "Jane Austen" }),
      chat({ urgency: "high", score: "0.9" }),
      chat({ due: "2026-02-14", query: "```sql\nSELECT 1\n```" }),
      chat({ calls: '{"tool_calls": [{"name": "lookup", "args": {"name": "Ann"}}]}' }),
      THOUGHT,
      QUERIES,
      THOUGHT,
      // The trained program asks for its queries in the JSON layout.
      '{"queries": ["a", "b"]}',
      THOUGHT,
      ...Array.from({ length: 3 }, () => chat({ answer: "One of three" })),
      // Evaluated, and run once more for demos.
      ...Array.from({ length: 4 }, () => chat({ answer: "Jane Austen" })),
      QUERIES,
      THOUGHT,
    ],
  });
  try {
    const ended = await runProgram(EXAMPLE, [], {
      env: { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" },
    });
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    expect(ended.stdout.trimEnd().split("\n")).toEqual([
      "Jane Austen",
      "high 0.9",
      "2026-02-14 SELECT 1",
      "[ 'lookup' ]",
      "true",
      "Ann",
      "[ 'search', 'generate.predict' ]",
      "search predict",
      "generate.predict predict",
      "true",
      "Write two queries.",
      "3",
      "100",
      "2",
      "Ann",
    ]);
    // Demos and instructions that were saved for DSPy were sent after loading.
    expect(JSON.stringify(server.requests.at(-2)?.body?.messages)).toContain("Emma novel");
  } finally {
    await server.close();
  }
});
