import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client.ts";
import { defaultCacheFolder, embeddedWeightsPresent, llama } from "../../src/lm/llama/llama.ts";
import { chainOfThought } from "../../src/programs/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { retrieve } from "../../src/programs/retrieve.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
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

describe.skipIf(absent)(`the same program on the embedded model${why}`, () => {
  test("answers something about supervision", async () => {
    const GenerateAnswer = signature("context: string[], question -> answer", {
      instructions: "Answers from the given passages only.",
    });
    const rag = program({
      name: "RAG",
      parts: {
        search: retrieve({ client: "kb", k: 3 }),
        generate: chainOfThought(GenerateAnswer, { client: "embedded" }),
      },
      async forward({ search, generate }, inputs: { question: string }) {
        const { passages } = await search({ query: inputs.question });
        return generate({ context: passages, question: inputs.question });
      },
    });
    const system = await startSystem({
      children: [
        client({ name: "embedded", lm: llama() }),
        client({ name: "kb", retriever: textIndex({ documents: "docs/**/*.md" }) }),
      ],
      logger: false,
    });
    try {
      const { answer, $meta } = await system.forward(rag, { question: QUESTION });
      expect(answer).toMatch(/child|supervisor|restart|crash|process|run/i);
      expect($meta).toMatchObject({ client: "embedded" });
    } finally {
      await system.stop();
    }
  }, 60_000);
});
