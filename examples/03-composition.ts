// Programs made of programs: retrieval, then an answer.
import { chainOfThought, client, openai, program, retrieve, signature, startSystem, textIndex } from "dspex";

const GenerateAnswer = signature("context: string[], question -> answer", {
  instructions: "Answers from the given passages only.",
});

const rag = program({
  name: "RAG",
  parts: {
    search: retrieve({ client: "kb", k: 3 }),
    generate: chainOfThought(GenerateAnswer, { client: "openai" }),
  },
  // the third argument is the call's context: { signal, log, … }
  async forward({ search, generate }, inputs: { question: string }) {
    const { passages } = await search({ query: inputs.question });
    return generate({ context: passages, question: inputs.question });
  },
});

const system = await startSystem({
  children: [
    client({ name: "openai", lm: openai("gpt-5.6-luna") }),
    client({ name: "kb", retriever: textIndex({ documents: "docs/**/*.md" }) }),
  ],
});
const { answer, reasoning } = await system.forward(rag, {
  question: "What does a supervisor do when a child crashes?",
});
console.log(reasoning, answer);
await system.stop();
