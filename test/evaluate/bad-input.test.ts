// What people get wrong: each is a clear error before anything is asked, or a word in the report.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/evaluate/evaluate.ts";
import type { EvaluateOptions } from "../../src/evaluate/evaluation-options.ts";
import { exampleSet } from "../../src/evaluate/example-set.ts";
import { examples, loadExamples } from "../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import type { EvaluationReport } from "../../src/evaluate/report.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { storeFolder } from "../foundation/store-folder.ts";

const QA = signature("question -> answer");
const qa = predict(QA);
const set = examples(QA, [
  { question: "q1", answer: "a" },
  { question: "q2", answer: "b" },
]);
const right = exactMatch("answer");

/** Of whatever it is given: types would not let it. */
function evaluated(
  given: { readonly program?: unknown; readonly on?: unknown; readonly by?: unknown },
  options: EvaluateOptions = {},
) {
  // Also what is undefined is taken as it is given.
  const { program, on, by } = { program: qa, on: set, by: right, ...given };
  const lm = scripted(() => ({ answer: "a" }), { identity: "here" });
  const report = evaluate(program as typeof qa, on as typeof set, by as typeof right, { ...options, clients: { lm } });
  return Object.assign(report, { lm });
}

async function* stream<Each>(list: readonly Each[]): AsyncGenerator<Each, void> {
  yield* list;
}

describe("a set", () => {
  test.each<[what: string, on: unknown, problem: string]>([
    ["that is empty", [], "the set is empty: there is nothing to score"],
    ["that is empty, as a stream", stream([]), "the set is empty"],
    [
      "that is missing",
      undefined,
      "expected examples (of examples(), loadExamples(), or a stream of them), got undefined",
    ],
    ["that is a path", "dev.jsonl", 'or a stream of them), got "dev.jsonl"'],
    ["that is not awaited", Promise.resolve(set), "got a Promise of some: await it"],
    [
      "of plain rows",
      [{ question: "q", answer: "a" }],
      'expected an example with id, inputs, labels and tags, as examples() and loadExamples() make them, got {"question":"q","answer":"a"}',
    ],
    [
      "of plain rows, as a stream",
      stream([{ question: "q" }]),
      'as examples() and loadExamples() make them, got {"question":"q"}',
    ],
    ["with a hole in it", [set[0], null], "make them, got null"],
  ])("%s is refused", async (_what, on, problem) => {
    const report = evaluated({ on });
    await expect(report).rejects.toThrow(UsageError);
    await expect(report).rejects.toThrow(problem);
    expect(report.lm.requests).toEqual([]);
  });

  test.each<[what: string, name: string, content: string | undefined, problem: RegExp]>([
    ["is not there", "none.jsonl", undefined, /none\.jsonl: .*no such file/],
    [
      "has a line that is no JSON",
      "torn.jsonl",
      '{"question":"q","answer":"a"}\n{"question":',
      /torn\.jsonl, line 2: expected a JSON object on one line/,
    ],
    [
      "misspells a field",
      "wrong.jsonl",
      '{"qestion":"q","answer":"a"}',
      /wrong\.jsonl, line 1, field "question": there is no column "question"; there is "qestion"/,
    ],
    [
      "has a value of another type",
      "type.jsonl",
      '{"question":["q"],"answer":"a"}',
      /type\.jsonl, line 1, field "question": expected str, got \["q"\]/,
    ],
    [
      "has an id twice",
      "ids.jsonl",
      '{"id":1,"question":"q"}\n{"id":1,"question":"r"}',
      /ids\.jsonl, line 2, field "id": an earlier row has the id 1 too/,
    ],
    ["holds nothing", "empty.jsonl", "", /empty\.jsonl/],
  ])("in a file that %s: told by file, line and field", async (_what, name, content, problem) => {
    const folder = storeFolder();
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    await expect(loadExamples(path, { signature: QA })).rejects.toThrow(problem);
  });

  test("of code with an id twice is refused, and so is a set of two; a list of two is told of", async () => {
    const rows = [
      { id: "1", question: "q" },
      { id: "1", question: "r" },
    ];
    expect(() => examples(QA, rows)).toThrow('row 2, field "id": an earlier row has the id "1"');
    expect(() => exampleSet([...set, ...set])).toThrow("two examples have the id");
    const { notes, trials } = await evaluated({ on: [...set, ...set] });
    expect(trials).toBe(4);
    expect(notes).toEqual([
      expect.stringMatching(/^2 examples have the id of an earlier one \("\S+", "\S+"\): a journal keeps one/),
    ]);
    expect((await evaluated({})).notes).toEqual([]);
  });

  test("for another program fails each trial by the field's name or type, and asks nothing", async () => {
    const other = evaluated({ program: predict(signature("text -> answer")) });
    const [failure] = (await other).failures;
    expect(failure).toMatchObject({
      failed: "program",
      error: { code: "misuse", message: expect.stringContaining('no input "question"; the inputs are text') as string },
    });
    const typed = evaluated({ program: predict(signature("question: int -> answer")) });
    expect((await typed).failures.map(({ error }) => error?.message)).toEqual([
      expect.stringContaining('input "question": expected int, got "q1"'),
      expect.stringContaining('input "question": expected int, got "q2"'),
    ]);
    expect([...other.lm.requests, ...typed.lm.requests]).toEqual([]);
  });
});

describe("a metric", () => {
  test.each<[what: string, by: unknown]>([
    ["missing", null],
    ["a word", "exactMatch"],
    ["of no metrics", {}],
    ["of metrics and something else", { exact: right, more: 3 }],
  ])("that is %s is refused", async (_what, by) => {
    const report = evaluated({ by });
    await expect(report).rejects.toThrow(
      /expected a metric \(a function\), or several by name|the metric "more" must be a function, got 3/,
    );
    expect(report.lm.requests).toEqual([]);
  });

  test.each<[what: string, by: () => unknown, problem: string]>([
    ["a string", () => "good", 'expected a finite number, a boolean or { score }, got "good"'],
    ["a number as a string", async () => "1", 'expected a finite number, a boolean or { score }, got "1"'],
    ["a string as score", () => ({ score: "1" }), 'expected a finite number or a boolean as score, got "1"'],
    ["no number", () => Number.NaN, "got NaN"],
    ["nothing", () => undefined, "got undefined"],
  ])("that returns %s fails each trial as the metric's, which keeps its prediction", async (_what, by, problem) => {
    const { score, failures } = await evaluated({ by });
    expect(score).toBe(0);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatchObject({ failed: "metric", prediction: { answer: "a" }, error: { code: "bad_score" } });
    expect(failures[0]?.error?.message).toContain(problem);
  });

  test("of a field that is not there says so of each", async () => {
    const { failures } = await evaluated({ by: exactMatch("anwser") });
    const told = ["metric", "missing_label", 'metric "exactMatch": the example has no label "anwser"'];
    expect(failures.map(({ failed, error }) => [failed, error?.code, error?.message])).toEqual([told, told]);
  });
});

describe("metrics that differ only in what they close over", () => {
  const worth = (score: number) => Object.defineProperty(() => score, "name", { value: "worth" });
  const told =
    /^the metric "worth" is known by its source text, which does not show what it closes over: give it a version/;
  const notesOf = ({ notes }: EvaluationReport): readonly string[] =>
    notes.map((note) => note.replace(/^journal \S+ /, ""));

  test("side by side score each by its own, and the report says that names alone tell them apart", async () => {
    const { rows, scores, notes } = await evaluated({ by: { strict: worth(0.25), loose: worth(0.75) } });
    expect(rows[0]).toMatchObject({ score: 0.25, scores: { strict: 0.25, loose: 0.75 } });
    expect(scores).toEqual({ strict: 0.25, loose: 0.75 });
    expect(notes).toEqual([
      expect.stringContaining('the metric "strict" is known by its source text'),
      expect.stringContaining('the metric "loose" is known by its source text'),
      'the metrics "strict", "loose" have one source text: their names alone tell them apart',
    ]);
  });

  test("on one journal: the second takes the first one's scores, and the report says that it does", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const first = await evaluated({ by: worth(0.25) }, { journal });
    expect(first.mean).toBe(0.25);
    expect(notesOf(first)).toEqual([expect.stringMatching(told)]);
    const second = await evaluated({ by: worth(0.75) }, { journal });
    expect(second.mean).toBe(0.25);
    expect(notesOf(second)).toEqual([
      expect.stringMatching(told),
      '2 recorded scores were taken for "worth" as it has the same source text: of what it closes over nobody knows whether it is the same',
    ]);
  });

  test("with settings that say what that is they are two, and none is taken for the other", async () => {
    const journal = join(storeFolder(), "dev.jsonl");
    const settled = (score: number) => Object.assign(worth(score), { version: 1, settings: { score } });
    expect((await evaluated({ by: settled(0.25) }, { journal })).mean).toBe(0.25);
    const second = evaluated({ by: settled(0.75) }, { journal });
    expect((await second).mean).toBe(0.75);
    expect(notesOf(await second)).toEqual([expect.stringContaining("2 recorded predictions were scored again")]);
    expect(second.lm.requests).toEqual([]);
  });
});
