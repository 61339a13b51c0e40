import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { defaultCacheFolder, embeddedWeightsPresent } from "../../src/lm/llama/llama.ts";
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { runProgram } from "../cli/run-process.ts";

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

describe("the same program on a scripted model, over this project's docs", () => {
  const rag = program({
    name: "RAG",
    parts: {
      search: retrieve({ client: "kb", k: 3 }),
      generate: chainOfThought(
        signature("context: string[], question -> answer", { instructions: "Answers from the given passages only." }),
        { client: "lm" },
      ),
    },
    async forward({ search, generate }, inputs: { question: string }) {
      const { passages } = await search({ query: inputs.question });
      return generate({ context: passages, question: inputs.question });
    },
  });
  const docs = textIndex({ documents: "docs/**/*.md" });
  const reply = { reasoning: "The docs say so.", answer: "Restarts it." };

  test("bare, and under supervision, sends the same messages and gives the same answer", async () => {
    const lm = scripted([reply, reply]);
    expect(await forward(rag, { question: QUESTION }, { clients: { lm, kb: docs } })).toEqual(reply);
    const children = [client({ name: "lm", lm }), client({ name: "kb", retriever: docs })];
    const system = await startSystem({ children, logger: false });
    try {
      expect(await system.forward(rag, { question: QUESTION })).toEqual(reply);
    } finally {
      await system.stop();
    }
    const [bare, supervised] = lm.requests.map(({ messages }) => messages);
    expect(supervised).toEqual(bare);
    expect(bare?.at(-1)?.content).toMatch(/what a supervisor does when a child crashes/i);
  });
});

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

describe.skipIf(absent)(`examples/03-embedded.ts${why}`, () => {
  test("answers something about supervision, in this process", async () => {
    const ended = await runProgram("examples/03-embedded.ts", [], { env: { DSPEX_CACHE: defaultCacheFolder() } });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^Reasoning: .+\nAnswer: .*(?:child|supervisor|restart|crash|process|run)/is);
  }, 120_000);
});
