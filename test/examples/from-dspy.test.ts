import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenAiServer, openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PYTHON_SIDE = join(ROOT, "examples", "from-dspy");
const RECORDED = join(ROOT, "test", "fixtures", "dspy-resaved");

const chat = (fields: Readonly<Record<string, string>>): string =>
  [...Object.entries(fields), ["completed", ""]].map(([name, text]) => `[[ ## ${name} ## ]]\n${text}`).join("\n\n");
const TRIAGED = chat({ urgency: "high", topic: "billing" });
const answered = (reply: string): string => chat({ reasoning: "Twice is once too often.", reply });

let folder: string;
let server: OpenAiServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-from-dspy-"));
  server = await openaiServer({
    apiKey: "test",
    // The second call triages the same ticket in the same way: the cache has that answer.
    replies: [TRIAGED, answered("I am sorry, at length."), answered("Sorry.")],
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Runs the example; what it wrote for DSPy is in the file. */
async function example(): Promise<{ readonly stdout: string; readonly file: string }> {
  const file = join(folder, "for-dspy.json");
  const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" };
  const { code, stdout, stderr } = await runProgram("examples/09-from-dspy.ts", [file], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { stdout, file };
}

/** What the two programs have sent, each for its one ticket. */
function sent(): { readonly trained: unknown; readonly edited: unknown } {
  const [triage, reply, brief] = server.requests.map(({ body }) => body?.messages);
  return { trained: [triage, reply], edited: [triage, brief] };
}

async function recorded(name: string): Promise<unknown> {
  return JSON.parse(await readFile(join(RECORDED, name), "utf8")) as unknown;
}

/** A Python that has DSPy; none is asked for by default. */
const python = process.env["DSPY_PYTHON"];

/** What DSPy sends for the example's ticket when it has loaded this file. */
async function sentByDspy(file: string): Promise<unknown> {
  const script = join(PYTHON_SIDE, "support.py");
  const { stdout } = await promisify(execFile)(python ?? "", [script, "send", file], { timeout: 60_000 });
  return JSON.parse(stdout) as unknown;
}

describe("examples/09-from-dspy.ts", () => {
  test("serves what DSPy saved, then what was made of it, with DSPy's messages to the byte", async () => {
    const { stdout } = await example();
    expect(stdout).toBe("high, billing: I am sorry, at length.\nSorry.\n");
    expect(sent()).toEqual({
      trained: await recorded("support.sent.json"),
      edited: await recorded("support-for-dspy.sent.json"),
    });
  });

  test("writes the file that DSPy has read", async () => {
    const { file } = await example();
    expect(await readFile(file, "utf8")).toBe(await readFile(join(RECORDED, "support-for-dspy.json"), "utf8"));
  });

  const why = python === undefined ? " (skipped: DSPY_PYTHON names no Python that has DSPy)" : "";
  test.skipIf(python === undefined)(
    `DSPy itself reads both files and sends the same${why}`,
    async () => {
      const { file } = await example();
      expect(sent()).toEqual({
        trained: await sentByDspy(join(PYTHON_SIDE, "support.json")),
        edited: await sentByDspy(file),
      });
    },
    120_000,
  );
});
