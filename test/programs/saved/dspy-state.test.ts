import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { dspyText } from "../../../src/programs/saved/dspy-state.ts";
import { loadProgram } from "../../../src/programs/saved/program-file.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { tool } from "../../../src/signatures/values/tool.ts";

const FILE = join(import.meta.dirname, "..", "..", "fixtures", "dspy-resaved", "two-predictors.json");

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

const TYPES_FILE = join(import.meta.dirname, "..", "..", "fixtures", "dspy-resaved", "types.json");

const seen = predict(
  signature(
    "photo: Image, papers: list[File], speech?: Audio, tools: list[Tool], day: date -> code: Code['js'], due?: datetime, calls: ToolCalls",
  ),
);
const trainedSeen = seen.with({
  demos: [
    {
      photo: { type: "image", url: "data:image/png;base64,iVBORw0KGgo=" },
      papers: [
        { type: "file", url: "data:application/pdf;base64,JVBERi0=", filename: 'a "ä".pdf' },
        { type: "file", fileId: "file-1" },
      ],
      speech: { type: "audio", data: "UklGRg==", format: "wav" },
      tools: [tool({ name: "search", description: "Searches\nthe web.", input: z.object({ query: z.string() }) })],
      day: new Date("2024-01-15"),
      code: "f(a < b)\ng()",
      due: "2024-01-15T10:30:00Z",
      calls: [{ id: "c1", name: "search", args: { query: "x", deep: true } }],
    },
  ],
});

test("what is not text is written to the byte as DSPy writes it, and read back", async () => {
  expect(predictorsIn(dspyText(trainedSeen))).toBe(predictorsIn(await readFile(TYPES_FILE, "utf8")));
  const [demo] = (await loadProgram(TYPES_FILE, seen)).demos;
  const [given] = trainedSeen.demos;
  expect(demo).toMatchObject({ photo: given?.["photo"], papers: given?.["papers"], speech: given?.["speech"] });
  expect(demo).toMatchObject({ day: "2024-01-15", calls: [{ name: "search", args: { query: "x", deep: true } }] });
});

const predictorsIn = (text: string): string => text.slice(0, text.indexOf('"metadata"'));

test("a program is written to the byte as DSPy writes it", async () => {
  expect(predictorsIn(dspyText(trained))).toBe(predictorsIn(await readFile(FILE, "utf8")));
});

test("and what DSPy wrote is read back to the same program", async () => {
  const loaded = await loadProgram(FILE, rag);
  expect(predictorsIn(dspyText(loaded))).toBe(predictorsIn(dspyText(trained)));
});
