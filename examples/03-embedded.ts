// The same retrieval and answer on a model inside this process: no key, no server. It is a small one, and answers like one.
import { chainOfThought, client, program, retrieve, signature, startSystem, textIndex } from "dspex";
import { llama } from "dspex/llama";

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
});
const { answer, reasoning, $meta } = await system.forward(rag, {
  question: "What does a supervisor do when a child crashes?",
});
console.log(
  `Reasoning: ${reasoning}\nAnswer: ${answer}\n(${$meta.usage.inputTokens} tokens in, ${$meta.usage.outputTokens} out)`,
);
await system.stop();
