import { expect, test } from "vitest";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { runProgram } from "../cli/run-process.ts";

test("examples/08-streaming.ts prints the reasoning as it comes, and ends by itself", async () => {
  const text =
    "[[ ## reasoning ## ]]\nA fresh state is\na known state.\n\n[[ ## answer ## ]]\nTo start anew.\n\n" +
    "[[ ## confidence ## ]]\nhigh\n\n[[ ## completed ## ]]\n";
  const server = await openaiServer({ apiKey: "test", replies: [{ text, usage: { outputTokens: 42 } }], pieceMs: 1 });
  try {
    const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "test" };
    expect(await runProgram("examples/08-streaming.ts", [], { env })).toEqual({
      code: 0,
      stdout: "A fresh state is\na known state.\nTo start anew. (42 tokens)\n",
      stderr: "",
    });
    expect(server.requests.map(({ body }) => body?.stream)).toEqual([true]);
  } finally {
    await server.close();
  }
});
