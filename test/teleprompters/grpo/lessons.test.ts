import { describe, expect, test } from "vitest";
import { compile, exactMatch, examples, grpo, lessons, predict, signature } from "../../../src/index.ts";
import { scripted, type ScriptedReply } from "../../../src/testing.ts";

const QA = signature("question -> answer");
const student = predict(QA);
const trainset = examples(
  QA,
  ["a", "b", "c", "d"].map((question) => ({ question, answer: `right ${question}` })),
);
const metric = exactMatch("answer");
type Labels = { answer: string };
type Inputs = { question: string };

/** Right where it was taught to shout; sometimes so by itself, when it is sampled. */
function world(compared: (index: number, prompt: string) => ReturnType<typeof operations> | string) {
  let comparisons = 0;
  const prompts: string[] = [];
  const lm = scripted(({ messages, rolloutId, temperature }): ScriptedReply => {
    const text = messages.map(({ content }) => String(content)).join("\n");
    if (text.includes("[[ ## attempts ## ]]")) {
      prompts.push(text);
      comparisons += 1;
      return compared(comparisons, text);
    }
    const question = [...text.matchAll(/question ## ]]\n(\w)/g)].at(-1)?.[1] ?? "";
    const lucky = temperature === 1 && Number(rolloutId) % 2 === 1;
    return { answer: text.includes("- Shout.") || lucky ? `right ${question}` : "wrong" };
  });
  return { lm, prompts };
}

function operations(...list: readonly object[]) {
  return { operations: list };
}

const run = (lm: ReturnType<typeof scripted>, options: object = {}) =>
  compile(grpo<Inputs, Labels>({ metric, numSteps: 3, examplesPerStep: 2, groupSize: 4, ...options }), student, {
    trainset,
    clients: { main: lm },
  });

describe("grpo with lessons", () => {
  test("teaches what made the better attempts better, and keeps it where it helps", async () => {
    const { lm, prompts } = world((index) =>
      operations({ op: "add", id: null, lesson: index < 3 ? "Mumble." : "Shout." }),
    );
    const job = run(lm);
    const better = await job.result();
    expect(better.signature.instructions).toBe(
      `${student.signature.instructions}\n\nWhat earlier attempts have taught:\n- Shout.`,
    );
    const steps = [];
    for await (const { name, score, note, parents } of job.steps()) steps.push({ name, score, note, parents });
    expect(steps).toEqual([
      { name: "student", score: 0, note: undefined, parents: [] },
      // Word for word the same lesson twice is one.
      { name: "step 1", score: 0, note: "+[1] Mumble.", parents: ["student"] },
      // What did not help is gone.
      { name: "step 2", score: 100, note: "+[1] Shout.", parents: ["student"] },
    ]);
    expect(prompts[0]).toContain("Attempt 1, reward 1:\nIt gave: answer: right");
    expect(prompts[0]).toContain("Attempt 4, reward 0:\nIt gave: answer: wrong");
    // Where all attempts are right there is nothing to compare.
    expect(prompts).toHaveLength(4);
  });

  test("its steps tell each lesson, and whose attempts were seen by who wrote it", async () => {
    const { lm } = world((index) =>
      operations({ op: "add", id: null, lesson: index < 3 ? "Mumble; +[9] x" : "Shout." }),
    );
    const job = run(lm, { policy: lessons({ promptClient: "main" }) });
    await job.result();
    const [student0, first, second] = job.report().candidates;
    expect([student0?.changed, student0?.origins]).toEqual([undefined, undefined]);
    expect(first?.lessons).toEqual([{ predictor: "self", id: 1, is: "added", text: "Mumble; +[9] x" }]);
    expect(first?.changed).toEqual(["self"]);
    const ids = trainset.map(({ id }) => id);
    const { by, client, examples: shown = [] } = first?.origins?.["self"] ?? { by: "function" };
    expect([by, client]).toEqual(["model", "main"]);
    // The other comparison wanted the same lesson, which was there by then.
    expect(shown).toHaveLength(1);
    expect(ids).toContain(shown[0]);
    expect(second?.lessons).toEqual([{ predictor: "self", id: 1, is: "added", text: "Shout." }]);
  });

  test("an unreadable comparison costs its call and nothing else", async () => {
    const { lm, prompts } = world(() => "Well, who can tell?");
    const better = await run(lm).result();
    expect(better).toEqual(student);
    expect(prompts).toHaveLength(6);
  });

  test("asks who is said to compare", async () => {
    const { lm } = world(() => "not asked");
    const other = world(() => operations());
    await compile(
      grpo<Inputs, Labels>({ metric, numSteps: 1, policy: lessons({ promptClient: "wise" }) }),
      predict(QA, { client: "main" }),
      { trainset, clients: { main: lm, wise: other.lm } },
    ).result();
    expect(other.lm.requests).toHaveLength(4);
  });

  test("leaves frozen predictors alone, and refuses a program of nothing else", async () => {
    const { lm } = world(() => operations());
    const job = compile(grpo<Inputs, Labels>({ metric }), predict(QA, { frozen: true }), {
      trainset,
      clients: { main: lm },
    });
    await expect(job.result()).rejects.toThrow("grpo: the program has no predictor that may be tuned");
  });

  test.each<readonly [options: object, says: string]>([
    [{ metric: undefined }, "grpo: metric is missing"],
    [{ groupSize: 1 }, "groupSize must be a whole number above 1, got 1"],
    [{ policy: {} }, "grpo: policy must be a policy"],
    [{ formatFailureScore: Number.NaN }, "formatFailureScore must be a finite number"],
    [{ rounds: 3 }, "rounds"],
  ])("%j is refused", (options, says) => {
    expect(() => grpo({ metric, ...options } as never)).toThrow(says);
  });

  test("an empty set is refused, before anything is asked", async () => {
    const { lm } = world(() => operations());
    const job = compile(grpo<Inputs, Labels>({ metric }), student, { trainset: [], clients: { main: lm } });
    await expect(job.result()).rejects.toThrow("the trainset is empty");
    expect(lm.requests).toHaveLength(0);
  });
});
