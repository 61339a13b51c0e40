import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chainOfThought } from "../../src/programs/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { dspyText } from "../../src/programs/dspy-state.ts";
import { loadProgram } from "../../src/programs/program-file.ts";
import { predict } from "../../src/programs/predict.ts";
import { signature } from "../../src/signatures/signature.ts";

const FILE = join(import.meta.dirname, "..", "fixtures", "dspy-resaved", "two-predictors.json");

const rewrite = predict(
  signature("question 'asked' -> query, n: int, tags: list[str], score: float, meta: dict[str, Any]"),
);

const rag = program({
  name: "rag",
  parts: { rewrite, respond: chainOfThought(signature("question, query -> answer: Literal['a', 'b']")) },
  async forward({ rewrite, respond }, { question }: { question: string }) {
    const { query } = await rewrite({ question });
    return respond({ question, query });
  },
});

const trained = rag.withPredictors({
  rewrite: rewrite.with({
    instructions: 'Rewrite.\n\n  Be "brief": ä.',
    demos: [
      {
        question: 'q\nü "x"',
        query: "s",
        n: 3,
        tags: ["x", "y"],
        score: 2,
        meta: { "10": null, b: [1.5, true] },
      },
      { augmented: true, question: "only", query: "z" },
    ],
  }),
  "respond.predict": rag.parts.respond.predict.with({
    instructions: "Pick.",
    demos: [{ question: "q", query: "s", reasoning: "r", answer: "a" }],
  }),
});

const predictorsIn = (text: string): string => text.slice(0, text.indexOf('"metadata"'));

test("a program is written to the byte as DSPy writes it", async () => {
  expect(predictorsIn(dspyText(trained))).toBe(predictorsIn(await readFile(FILE, "utf8")));
});

test("and what DSPy wrote is read back to the same program", async () => {
  const loaded = await loadProgram(FILE, rag);
  expect(predictorsIn(dspyText(loaded))).toBe(predictorsIn(dspyText(trained)));
});
