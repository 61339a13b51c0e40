import { describe, expect, test } from "vitest";
import { exampleSet } from "../../src/evaluate/example-set.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { signature } from "../../src/signatures/signature.ts";

const QA = signature("question -> answer");

/** Examples `0`, `1`, …; every fifth is hard. */
function numbered(count: number) {
  const rows = Array.from({ length: count }, (_, n) => ({
    id: String(n),
    question: `${n}?`,
    answer: n % 2 === 0 ? "even" : "odd",
    level: n % 5 === 0 ? "hard" : "easy",
  }));
  return examples(QA, rows);
}

const idsOf = (list: Iterable<{ readonly id: string }>): string[] => [...list].map(({ id }) => id);

describe("a set", () => {
  test("is a frozen array of its examples", () => {
    const set = numbered(3);
    expect(Array.isArray(set) && Object.isFrozen(set)).toBe(true);
    expect([set.length, set[1]?.inputs.question, set.at(-1)?.id]).toEqual([3, "1?", "2"]);
    expect(idsOf(set.filter(({ labels }) => labels.answer === "even"))).toEqual(["0", "2"]);
    expect(JSON.parse(JSON.stringify(set))).toEqual([...set]);
  });

  test("is named by what is in it, in its order", () => {
    expect(numbered(3).digest).toBe(numbered(3).digest);
    expect(numbered(3).digest).toMatch(/^[\w-]{43}$/);
    const others = [
      numbered(4),
      numbered(3).shuffle({ seed: 1 }),
      examples(QA, [{ id: "0", question: "0?", answer: "even", level: "hard" }]),
      examples(QA, [{ id: "0", question: "0?", answer: "even", level: "easy" }]),
      examples(QA, [{ id: "0", question: "0?", answer: "odd", level: "easy" }]),
      examples(QA, [{ id: "1", question: "0?", answer: "odd", level: "easy" }]),
    ];
    expect(new Set([numbered(3), ...others].map(({ digest }) => digest)).size).toBe(7);
  });

  test("says which labels are missing", () => {
    const Two = signature("question -> answer, score: int");
    const set = examples(Two, [
      { question: "a", answer: "a" },
      { question: "b", answer: "b" },
      { question: "c", answer: "c", score: 1 },
    ]);
    expect(set.unlabelled).toEqual({ score: 2 });
    expect(exampleSet(set.filter(({ labels }) => labels.score === undefined)).unlabelled).toEqual({});
    expect(set.sample(3).unlabelled).toEqual({ score: 2 });
  });

  test("is made of parts of others", () => {
    const [a, b] = numbered(4).split(0.5);
    expect(exampleSet([...a, ...b]).digest).toBe(numbered(4).shuffle().digest);
    expect(() => exampleSet([...a, ...a])).toThrow(UsageError);
    expect(() => exampleSet([{ question: "q" }] as never)).toThrow('expected examples, got {"question":"q"}');
  });
});

const PYTHON_SHUFFLE = [9, 8, 3, 2, 0, 6, 1, 4, 5, 7];
const PYTHON_SAMPLE = [7, 5, 4, 1];

describe("draws", () => {
  // In Python: random.Random(9).shuffle(x), random.Random(9).sample(x, 4), with x = list(range(10)).
  test("are Python's", () => {
    expect(idsOf(numbered(10).shuffle({ seed: 9 }))).toEqual(PYTHON_SHUFFLE.map(String));
    expect(idsOf(numbered(10).sample(4, { seed: 9 }))).toEqual(PYTHON_SAMPLE.map(String));
    expect(idsOf(numbered(10).shuffle())).toEqual(idsOf(numbered(10).shuffle({ seed: 0 })));
    expect(idsOf(numbered(10).shuffle({ seed: 1 }))).not.toEqual(idsOf(numbered(10).shuffle({ seed: 2 })));
  });

  test("leave the set as it is", () => {
    const set = numbered(10);
    set.shuffle();
    set.split(0.5);
    expect(idsOf(set)).toEqual(idsOf(numbered(10)));
  });

  test.each([
    [10, 0.5, 5],
    [100, 0.29, 29],
    [3, 0.01, 1],
    [3, 0.99, 2],
    [2, 0.5, 1],
    [7, 0.5, 4],
  ])("share %d out by %d: %d and the rest", (count, fraction, first) => {
    const [a, b] = numbered(count).split(fraction, { seed: 3 });
    expect([a.length, b.length]).toEqual([first, count - first]);
    expect(new Set([...idsOf(a), ...idsOf(b)]).size).toBe(count);
  });

  test.each([
    ["a tag", "level"],
    ["a function", ({ tags }: { readonly tags: Readonly<Record<string, unknown>> }) => tags["level"] === "hard"],
  ])("share each group out by %s", (_what, by) => {
    const [a, b] = numbered(50).stratify(0.3, { by, seed: 4 });
    const hard = (list: typeof a): number => list.filter(({ tags }) => tags["level"] === "hard").length;
    expect([a.length, hard(a), b.length, hard(b)]).toEqual([15, 3, 35, 7]);
    expect(idsOf(a)).not.toEqual(idsOf(a).toSorted((x, y) => Number(x) - Number(y)));
  });

  test("share groups out that do not come out even, to the last example", () => {
    const rows = ["a", "a", "a", "b", "b", "b", "c", "c", "c", "d"].map((answer, n) => ({ question: `${n}`, answer }));
    const [a, b] = examples(QA, rows).stratify(0.5, { by: "answer", seed: 1 });
    expect([a.length, b.length]).toEqual([5, 5]);
    for (const group of ["a", "b", "c"])
      expect(a.filter(({ labels }) => labels.answer === group).length).toBeOneOf([1, 2]);
  });

  test.each<[string, () => unknown, string]>([
    ["a fraction of all", () => numbered(3).split(1), "fraction must be a number between 0 and 1, got 1"],
    ["no fraction", () => numbered(3).split(undefined as never), "fraction must be"],
    ["one example", () => numbered(1).split(0.5), "a set of 1 cannot be shared out"],
    ["more than there are", () => numbered(3).sample(4), "count must be a whole number from 0 to 3, got 4"],
    ["half a seed", () => numbered(3).shuffle({ seed: 0.5 }), "seed must be a whole number"],
    ["an unknown option", () => numbered(3).split(0.5, { seeds: 1 } as never), 'is "seed" meant?'],
    [
      "a group that nothing has",
      () => numbered(3).stratify(0.5, { by: "topic" }),
      'no example has a label, input or tag "topic"',
    ],
    ["no group", () => numbered(3).stratify(0.5, {} as never), "by must be"],
  ])("refuse %s", (_what, draw, problem) => {
    expect(draw).toThrow(UsageError);
    expect(draw).toThrow(problem);
  });
});
