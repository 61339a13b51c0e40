import { expect, test } from "vitest";
import { program } from "../../../src/programs/composed-program.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { predictorText, programText } from "../../../src/teleprompters/proposer/program-text.ts";

const ANSWER = signature("question, query -> answer: int", {
  name: "Answer",
  instructions: "Answer.\nBe brief.",
  fields: { query: { desc: "What was looked up" } },
});

const RESEARCH = program({
  name: "research",
  parts: { rewrite: predict(signature("question -> query")), respond: chainOfThought(ANSWER) },
  async forward({ rewrite, respond }, { question }: { question: string }) {
    const { query } = await rewrite({ question });
    return respond({ question, query });
  },
});

test("a program is told by its parts, and then its own code", () => {
  const [parts = "", code = ""] = programText(RESEARCH).split(/(?<=\n)(?=  async forward)/);
  expect(parts).toBe(`program research
  part rewrite: predict
    fields: question -> query
    instructions: Given the fields \`question\`, produce the fields \`query\`.
  part respond: chain of thought
    part predict: predict
      fields: question, query 'What was looked up' -> reasoning, answer: int
      instructions: Answer.
        Be brief.
`);
  // How it is laid out is up to whoever has stripped its types.
  const words = code.split(/\s+/).join(" ");
  expect(words).toMatch(
    /^ async forward\(\{ rewrite, respond \}, \{ question \}.*\) \{ const \{ query \} = await rewrite/,
  );
  expect(code.split("\n").at(-1)).toBe("  }");
});

test("a predictor alone, by its fields and instructions", () => {
  expect(programText(predict(signature("question -> answer"), { name: "qa" }))).toBe(`predict qa
  fields: question -> answer
  instructions: Given the fields \`question\`, produce the fields \`answer\`.`);
});

test("runs of spaces, as types leave them where they are stripped, are one", () => {
  const forward = (): { gap: string } => ({ gap: `(a    ) b` });
  expect(programText(program({ name: "gaps", parts: {}, forward }))).toContain("(a ) b");
});

test("a part is told as DSPy tells it", () => {
  const told = Object.values(RESEARCH.predictors()).map(predictorText);
  expect(told).toEqual(["Predict(question) -> query", "Predict(question, query) -> reasoning, answer"]);
});

function echoed(result: object): object {
  return result;
}

test("code that has no source is left out", () => {
  const forward = echoed.bind(undefined, {});
  expect(programText(program({ name: "bound", parts: {}, forward }))).toBe("program bound");
});

test("a program of the user's own making is told by its own forward", () => {
  const own = { ...RESEARCH, name: "own", forward: () => Promise.reject(new Error("not today")) };
  expect(programText(own)).toMatch(/^program own\n  part rewrite: predict\n[^]*not today/);
});
