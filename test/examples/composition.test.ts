import { describe, expect, test } from "vitest";
import { defaultCacheFolder, embeddedWeightsPresent } from "../../src/lm/llama/llama.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../demo/run-process.ts";

const QUESTION = "What does a supervisor do when a child crashes?";

describe("examples/03-composition.ts", () => {
  test("answers from what it finds in this project's docs, and ends by itself", async () => {
    const server = await openaiServer({
      apiKey: "test",
      replies: ["[[ ## reasoning ## ]]\nThe docs say so.\n\n[[ ## answer ## ]]\nRestarts it.\n\n[[ ## completed ## ]]"],
    });
    try {
      const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" };
      expect(await runProgram("examples/03-composition.ts", [], { env })).toEqual({
        code: 0,
        stdout: "The docs say so. Restarts it.\n",
        stderr: "",
      });
      const [system, user] = (server.requests[0]?.body?.messages ?? []).map(({ content }) => String(content));
      expect(system).toContain("Answers from the given passages only.");
      expect(user).toContain(`[[ ## question ## ]]\n${QUESTION}`);
      const context = /## context ## \]\]\n(\[.*\])\n\n\[\[ ## question/s.exec(user ?? "")?.[1] ?? "[]";
      const passages = JSON.parse(context) as readonly string[];
      expect(passages).toHaveLength(3);
      for (const passage of passages) expect(passage).toMatch(/supervis|child|crash/i);
    } finally {
      await server.close();
    }
  });
});

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

describe.skipIf(absent)(`examples/03-embedded.ts${why}`, () => {
  test("answers something about supervision, in this process", async () => {
    const ended = await runProgram("examples/03-embedded.ts", [], { env: { DSPEX_CACHE: defaultCacheFolder() } });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^Reasoning: .+\nAnswer: .*(?:child|supervisor|restart|crash|process|run)/is);
  }, 60_000);
});
