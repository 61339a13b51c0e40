import { describe, expect, test } from "vitest";
import { MODEL } from "../../src/cli/answer/choose-model.ts";
import { defaultCacheFolder, embeddedWeightsPresent } from "../../src/lm/llama/llama.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

describe("examples/01-getting-started.ts", () => {
  const file = "examples/01-getting-started.ts";

  test("prints what the model behind the server answers, and ends by itself", async () => {
    const server = await openaiServer({
      apiKey: "test",
      replies: ["[[ ## answer ## ]]\nIt never goes down.\n\n[[ ## completed ## ]]"],
    });
    try {
      const ended = await runProgram(file, [], { env: { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" } });
      expect(ended).toEqual({ code: 0, stdout: "Answer: It never goes down.\n", stderr: "" });
      expect(server.requests.map(({ body }) => body?.model)).toEqual([MODEL]);
    } finally {
      await server.close();
    }
  });

  test("without a key it fails at start, and names the variable", async () => {
    const { code, stdout, stderr } = await runProgram(file, []);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^UsageError: openai\("gpt-5\.6-luna"\): no API key .* set OPENAI_API_KEY/m);
  });
});

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

describe.skipIf(absent)(`examples/01-embedded.ts${why}`, () => {
  test("answers from the context, in this process", async () => {
    const ended = await runProgram("examples/01-embedded.ts", [], { env: { DSPEX_CACHE: defaultCacheFolder() } });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^Answer: .*(?:concurren|fault|distribut).*\n$/);
  }, 120_000);
});
