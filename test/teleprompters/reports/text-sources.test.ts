import { describe, expect, test } from "vitest";
import { demoSources, demoSourceText, isExposed, sourceText } from "../../../src/teleprompters/reports/text-sources.ts";
import type { TextSource } from "../../../src/teleprompters/reports/text-sources.ts";
import { learnt, reflected, reportOf, student } from "./made-job.ts";

const reworded = (instructions: string) => student.with({ instructions });

describe("where a text came from", () => {
  test("is followed through merges to who wrote it, and what its parents' writers were shown counts too", () => {
    expect(reflected().sources).toEqual([
      {
        path: "respond",
        by: "model",
        client: "writer",
        candidate: "proposal 4",
        examples: ["e2", "e4"],
        earlier: ["e1"],
      },
      { path: "policy", by: "function", candidate: "proposal 2", examples: ["e3"] },
    ]);
    expect(learnt().sources[0]).toMatchObject({ candidate: "step 3", examples: ["e4"], earlier: ["e1", "e2"] });
  });

  test("what the student had is given, and what nobody has told of is unknown", () => {
    expect(reportOf([{ name: "a", program: student, scores: [1] }]).sources).toEqual([{ path: "self", by: "given" }]);
    const told = reportOf([{ name: "a", program: reworded("Else."), scores: [1] }]).sources;
    expect(told).toEqual([{ path: "self", by: "unknown" }]);
    expect(reportOf([]).sources).toEqual([]);
  });

  test("a step of a search within another one is found by its text, though it is nobody's parent", () => {
    const origins = { self: { by: "model", examples: ["e1"] } } as const;
    const report = reportOf([
      { name: "p: proposal 1", program: reworded("Else."), scores: [1], full: false, changed: ["self"], origins },
      { name: "p", program: reworded("Else."), scores: [1], parents: ["student"] },
    ]);
    expect(report.sources).toEqual([{ path: "self", by: "model", candidate: "p: proposal 1", examples: ["e1"] }]);
  });

  test("candidates that were taken from one another in a circle end the search for it", () => {
    const from = (candidate: string) => ({ self: { by: "candidate", candidate } }) as const;
    const report = reportOf([
      { name: "a", program: reworded("Else."), scores: [1], parents: ["b"], origins: from("b") },
      { name: "b", program: reworded("Else."), scores: [1], parents: ["a"], origins: from("a") },
    ]);
    expect(report.sources).toEqual([{ path: "self", by: "unknown" }]);
  });
});

test.each<[TextSource, string | undefined, boolean]>([
  [{ path: "self", by: "given" }, undefined, false],
  [{ path: "self", by: "unknown" }, "Nobody has told where it came from.", true],
  [{ path: "self", by: "model", examples: [] }, "A model wrote it. It was shown no examples.", false],
  [
    { path: "self", by: "model", client: "w" },
    "A model wrote it (client w). What it was shown nobody has told. What users or tools wrote there may stand in it: read it before you serve it.",
    true,
  ],
  [
    { path: "self", by: "model", examples: [], earlier: ["x".repeat(43)] },
    "A model wrote it. It was shown no examples. Texts that it was made from had seen example xxxxxxxx…. What users or tools wrote there may stand in it: read it before you serve it.",
    true,
  ],
])("%j in words", (source, text, exposed) => {
  expect([sourceText(source), isExposed(source)]).toEqual([text, exposed]);
});

test("a long list of examples is cut", () => {
  const examples = Array.from({ length: 14 }, (_, at) => `e${at}`);
  expect(sourceText({ path: "self", by: "model", examples })).toContain("14 examples: e0, e1, ");
  expect(sourceText({ path: "self", by: "model", examples })).toContain("e11 and 2 more.");
});

test("new demos are told apart: examples as they are, and those out of runs", () => {
  const demos = [
    ...student.demos,
    { question: "be", answer: "was" },
    { augmented: true, question: "do", answer: "did" },
  ];
  const [source, ...none] = demoSources(student.with({ demos }), student);
  expect([source, none]).toEqual([{ path: "self", examples: 1, runs: 1 }, []]);
  expect(demoSourceText({ path: "self", examples: 1, runs: 1 })).toBe(
    "New demos: 1 taken from examples as they are; 1 out of runs: what users, models and tools wrote there stands in them.",
  );
  expect(demoSources(student, student)).toEqual([]);
});
