import { describe, expect, test } from "vitest";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { casesText } from "../../../src/teleprompters/infer-rules/induce-rules.ts";
import { inferRules } from "../../../src/teleprompters/infer-rules/infer-rules.ts";
import type { InferRulesOptions } from "../../../src/teleprompters/infer-rules/infer-rules-options.ts";
import { compile, type BareCompileOptions } from "../../../src/teleprompters/job/compile.ts";
import { qa, questions } from "../few-shot/few-shot-world.ts";
import { countingModel, shuffledAnswers } from "../watched-model.ts";
import { instructionsOf, shownSteps, stepsOf } from "../told-steps.ts";

type Inputs = { question: string };
type Labels = { answer: string };
type Reply = string | Error;

const metric = exactMatch("answer");
const HEAD = "Please adhere to the following rules when making your prediction:";

/** Draws rules as it is told, and is right where they say so. */
function drawing(rules: (request: { readonly text: string; readonly turn: number }) => Reply) {
  let turn = 0;
  const model = scripted(({ messages }: LmRequest) => {
    const [system, last] = [String(messages[0]!.content), String(messages.at(-1)!.content)];
    if (!system.includes("natural_language_rules")) {
      const number = /q(\d+)\?/.exec(last)![1]!;
      return { answer: system.includes("RIGHT") ? `A${number}` : "?", reasoning: "so" };
    }
    turn += 1;
    const reply = rules({ text: last, turn });
    if (reply instanceof Error) return reply;
    return reply.startsWith("%") ? reply : { reasoning: "I see.", natural_language_rules: reply };
  });
  const asked = () => model.requests.filter(({ messages }) => String(messages[0]!.content).includes("natural_lang"));
  return { model, asked };
}

async function run(
  model: ReturnType<typeof drawing>["model"],
  options: Partial<InferRulesOptions<Inputs, Labels>> = {},
  compiled: Partial<BareCompileOptions<Inputs, Labels>> = {},
) {
  const handle = compile(inferRules<Inputs, Labels>({ metric, numCandidates: 3, ...options }), qa, {
    trainset: questions(4),
    valset: questions(3, 5),
    clients: { main: model },
    ...compiled,
  });
  return { best: await handle.result(), steps: await stepsOf(handle), handle };
}

describe("rules", () => {
  test("say which examples who drew them was shown", async () => {
    const { model } = drawing(() => "Rule.");
    const { steps } = await run(model, { promptClient: "main" });
    const examples = questions(4).map(({ id }) => id);
    for (const { changed, origins } of steps)
      expect([changed, origins]).toEqual([["self"], { self: { by: "model", client: "main", examples } }]);
    const none = await run(drawing(() => "").model);
    expect(none.steps.map(({ changed, origins }) => [changed, origins])).toEqual([[[], undefined]]);
  });

  test("the best candidate is the result, with its own rules; the student stays as it was", async () => {
    const before = instructionsOf(qa);
    const { model } = drawing(({ turn }) => (turn === 2 ? " RIGHT.\n" : "Wrong."));
    const { best, steps } = await run(model);
    expect(instructionsOf(best)).toEqual([`${before[0]}\n\n${HEAD}\nRIGHT.`]);
    expect(instructionsOf(qa)).toEqual(before);
    expect(steps.map(({ name, score, note }) => [name, score, note])).toEqual(
      [0, 100, 0].map((score, at) => [
        `rules ${at + 1}`,
        score,
        "self: a model's rules out of 4 examples; demos of runs",
      ]),
    );
  });

  test("without a valset the second half is compared on, and rules are drawn from the first", async () => {
    const { model, asked } = drawing(() => "Rule.");
    const { steps } = await run(model, {}, { trainset: questions(5), valset: undefined });
    expect(steps.map(({ scores }) => scores.length)).toEqual([3, 3, 3]);
    for (const { messages } of asked()) {
      expect(String(messages.at(-1)!.content)).toContain("q2?");
      expect(String(messages.at(-1)!.content)).not.toContain("q3?");
    }
  });

  test("examples are told by a predictor's own fields", () => {
    const { predict } = chainOfThought(signature("question -> answer, tags: list[str]"));
    const example = { id: "1", inputs: { question: "q?", other: 1 }, labels: { answer: "a", tags: ["x"] }, tags: {} };
    expect(casesText(predict.signature, [example])).toBe(
      "Input Fields:\nquestion: q?\n\n=========\nOutput Fields:\nanswer: a\ntags: ['x']\n\n",
    );
  });

  test("it comes to the same whatever the timing", async () => {
    const model = () => drawing(({ text }) => (text.includes("q4?") ? "RIGHT." : "Wrong.")).model;
    const first = shownSteps((await run(model())).steps);
    for (const seed of [1, 2]) expect(shownSteps((await run(shuffledAnswers(model(), seed))).steps)).toEqual(first);
  });

  test("rules of all candidates but the first are asked for side by side", async () => {
    const isDrawing = ({ messages }: LmRequest): boolean => String(messages[0]!.content).includes("natural_language");
    const { model, most } = countingModel(drawing(() => "RIGHT.").model, isDrawing);
    await run(model, { numCandidates: 5 });
    expect(most()).toBe(4);
  });

  test("where examples do not fit, the last one goes, as often as it takes, for each candidate", async () => {
    const { model, asked } = drawing(({ text }) =>
      text.includes("q3?") ? new LmError("too long", { code: "context_too_long" }) : "RIGHT.",
    );
    const { steps } = await run(model, { numCandidates: 2 });
    expect(steps[0]!.note).toContain("out of 2 examples");
    // The numbers of a walk from one to the other.
    const random = pythonRandom(0);
    const drawn = Array.from({ length: 6 }, () => random.between(0, 1e9));
    expect(asked().map(({ rolloutId }) => rolloutId)).toEqual(drawn);
  });

  test("of many examples, too, as many are shown as fit", async () => {
    const { model, asked } = drawing(({ text }) =>
      text.includes("q41?") ? new LmError("too long", { code: "context_too_long" }) : "RIGHT.",
    );
    const { steps } = await run(
      model,
      { numCandidates: 1, maxBootstrappedDemos: 0 },
      { trainset: questions(64), valset: questions(1, 65) },
    );
    expect(steps[0]!.note).toContain("out of 40 examples");
    // One goes after the other: the number of the call that is answered is that of a walk.
    const random = pythonRandom(0);
    const drawn = Array.from({ length: 25 }, () => random.between(0, 1e9));
    expect(asked().map(({ rolloutId }) => rolloutId)).toEqual(drawn);
  });
});

describe("what may go wrong", () => {
  test.each([
    ["noise", "% no layout"],
    ["nothing", " "],
  ])("a model that gives %s is asked once more, and then the demos are all there is", async (_what, reply) => {
    const { model, asked } = drawing(() => reply);
    const { best, steps } = await run(model);
    expect(asked()).toHaveLength(3 * 2);
    expect(instructionsOf(best)).toEqual(instructionsOf(qa));
    expect(steps.map(({ name, note }) => [name, note])).toEqual([["no rules", "no rules came; demos of runs"]]);
  });

  test("one candidate without rules leaves the others", async () => {
    const { model } = drawing(({ turn }) => (turn <= 2 ? "% no layout" : "RIGHT."));
    const { steps } = await run(model);
    expect(steps.map(({ name }) => name)).toEqual(["rules 2", "rules 3"]);
  });

  test("a single example that does not fit ends the job, when the demos are made", async () => {
    const { model, asked } = drawing(() => new LmError("too long", { code: "context_too_long" }));
    await expect(run(model, { numCandidates: 1 })).rejects.toMatchObject({ code: "context_too_long" });
    expect(asked()).toHaveLength(4);
    expect(model.requests.length).toBeGreaterThan(4);
  });

  test("rules that cannot be read are asked for as JSON, with the same number, where answers are repaired", async () => {
    const { model, asked } = drawing(({ text }) => (text.includes("Respond with a JSON object") ? "RIGHT." : "% no"));
    const { steps } = await run(model, { numCandidates: 1 }, { retry: backoff({ maxRepairs: 1 }) });
    expect(steps[0]!.note).toContain("a model's rules");
    expect(asked().map(({ rolloutId }) => rolloutId)).toEqual(Array(2).fill(pythonRandom(0).between(0, 1e9)));
  });

  test("a wrong key of the one who proposes ends the job", async () => {
    const prompt = scripted(() => new LmError("no such key", { code: "auth" }));
    const clients = { main: drawing(() => "").model, prompt };
    await expect(run(clients.main, { promptClient: "prompt" }, { clients, client: "main" })).rejects.toMatchObject({
      code: "auth",
    });
  });

  test("the prompt client draws rules, the teacher makes demos", async () => {
    const [main, prompt, teacher] = [drawing(() => "no"), drawing(() => "RIGHT."), drawing(() => "no")];
    const clients = { main: main.model, prompt: prompt.model, teacher: teacher.model };
    const options = { promptClient: "prompt", teacher: { client: "teacher" } };
    await run(main.model, options, { clients, client: "main" });
    expect([main, prompt, teacher].map(({ asked }) => asked().length)).toEqual([0, 3, 0]);
    expect(teacher.model.requests).toHaveLength(4);
    expect(prompt.model.requests).toHaveLength(3);
  });

  test("a frozen predictor gets neither rules nor demos", async () => {
    const { model, asked } = drawing(() => "RIGHT.");
    const frozen = qa.with({ frozen: true });
    const handle = compile(inferRules<Inputs, Labels>({ metric }), frozen, {
      trainset: questions(4),
      valset: questions(2),
      clients: { main: model },
    });
    expect((await handle.result()).demos).toEqual([]);
    expect(asked()).toHaveLength(0);
  });

  test("a better program of a warm start is the result", async () => {
    const good = qa.with({ instructions: "RIGHT." });
    const { best, steps } = await run(drawing(() => "Wrong.").model, {}, { warmStart: [good] });
    expect(best).toBe(good);
    expect(steps.at(-1)).toMatchObject({ name: "warm start 1", score: 100 });
  });

  test.each([
    ["an empty trainset", { trainset: [] }, /trainset is empty/],
    ["an empty valset", { valset: [] }, /valset is empty/],
    ["one example for both", { trainset: questions(1), valset: undefined }, /cannot be halved: give a valset/],
  ])("%s is refused before anything is asked", async (_what, sets, words) => {
    const { model } = drawing(() => "RIGHT.");
    await expect(run(model, {}, sets)).rejects.toThrow(words);
    expect(model.requests).toHaveLength(0);
  });

  test.each([
    [{ numCandidates: 0 }, /numCandidates must be/],
    [{ numRules: 1.5 }, /numRules must be/],
    [{ metric: undefined }, /metric is missing/],
    [{ maxDemos: 3 }, /no option "maxDemos"/],
  ])("%j is refused", (options, words) => {
    const make = () => inferRules({ metric, ...options } as unknown as InferRulesOptions);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(words);
  });
});
