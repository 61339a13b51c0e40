import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import {
  compile,
  type CompileOptions,
  gepa,
  type GepaOptions,
  type TextChoice,
  type JobStep,
  type Program,
  UsageError,
  withParameters,
} from "../../../src/index.ts";
import { better, metric, questions, support, textsOf, world, type WorldOptions } from "./gepa-world.ts";
import { runsOf } from "../../../src/teleprompters/search-plan.ts";

type Inputs = { question: string };
type Labels = { answer: string };
type Options = Partial<GepaOptions<Inputs, Labels>>;

const sets = { trainset: questions(9), valset: questions(6, 9) };

async function run(
  options: Options = {},
  of: WorldOptions = {},
  compiled: Partial<CompileOptions<Inputs, Labels>> = {},
  student = support,
) {
  const lm = world(of);
  const handle = compile(gepa<Inputs, Labels>({ metric, maxMetricCalls: 120, ...options }), student, {
    ...sets,
    clients: { main: lm },
    ...compiled,
  });
  const best = await handle.result();
  const steps: JobStep[] = [];
  for await (const step of handle.steps()) steps.push(step);
  return { best, steps, handle, lm, status: handle.status(), report: handle.report() };
}

const told = ({ steps }: { readonly steps: readonly JobStep[] }) =>
  steps.map(({ program, ...step }) => ({ ...step, program: textsOf(program) }));

describe("what it finds", () => {
  test("by what the metric says to each text: instructions of both predictors, and the declared text", async () => {
    const { best, steps, status } = await run();
    expect(textsOf(best)).toEqual({
      find: "Find the topic. PRECISE",
      respond: "Answer. CAREFUL",
      policy: "Be quick. KIND",
    });
    expect(steps[0]).toMatchObject({ name: "student", score: 0, parents: [], full: true });
    expect(status.best).toBe(100);
    expect(status.notes).toEqual([]);
    // It is what was scored: the same object.
    expect(steps.some(({ program, score }) => program === best && score === 100)).toBe(true);
  });

  test("says of each candidate what it was made from, which text is its own, and from what", async () => {
    const { steps } = await run({ proposalsInFlight: 1, promptClient: "main" });
    const made = steps.find(({ name, full }) => full && name !== "student")!;
    expect(made).toMatchObject({ parents: ["student"], note: "1 on its minibatch, its parent 0" });
    expect(made.changed).toEqual(["respond"]);
    expect(made.origins).toEqual({
      respond: { by: "model", client: "main", examples: expect.arrayContaining([expect.stringMatching(/^q\d$/)]) },
    });
    const refused = steps.find(({ full }) => !full)!;
    expect(refused).toMatchObject({ parents: ["student"], note: "refused: 0 on its minibatch, its parent 0" });
  });

  test("joins candidates that have changed different texts", async () => {
    // A policy that is good for its own questions, and bad for others: two candidates that are each other's better.
    const reflect = (current: string, prompt: string): string => better(current, prompt).replace(/KIND$/, "KIND TRADE");
    const task: WorldOptions["task"] = ({ messages }) => {
      const last = String(messages.at(-1)!.content);
      return /TRADE[^]*find \d+\?|find \d+\?[^]*TRADE/.test(last) && !last.includes("new_instruction")
        ? { answer: "?" }
        : undefined;
    };
    const { steps } = await run({ proposalsInFlight: 1, seed: 12 }, { reflect, task });
    const merge = steps.find(({ name, full }) => name.startsWith("merge") && full)!;
    expect(merge.note).toMatch(/^proposal \d+ and proposal \d+ joined over proposal 1$/);
    expect(merge.parents).toHaveLength(2);
    expect(Object.values(merge.origins!)).toEqual([{ by: "candidate", candidate: merge.parents[1] }]);
  });
});

describe("with several proposals in flight", () => {
  test("it is the same whatever the timing, and not the same as with one", async () => {
    const slow = (seed: number): WorldOptions => {
      const random = pythonRandom(seed);
      return { turns: () => random.below(6) };
    };
    const first = told(await run({ proposalsInFlight: 3 }));
    for (const seed of [1, 2]) expect(told(await run({ proposalsInFlight: 3 }, slow(seed)))).toEqual(first);
    expect(told(await run({ proposalsInFlight: 1 }))).not.toEqual(first);
  });

  test("what a round has mended in different texts goes together, as one candidate", async () => {
    const { steps } = await run({ proposalsInFlight: 3, seed: 1 });
    const joint = steps.find(({ name }) => name.includes(" + "))!;
    expect(joint).toMatchObject({ name: "proposal 1 + proposal 2", parents: ["student"], score: 66.67, full: true });
    expect(joint.changed).toEqual(["find", "respond"]);
    expect(Object.keys(joint.origins!)).toEqual(joint.changed);
    expect(joint.note).toBe(
      "together: proposal 1 (1 on its minibatch, its parent 0), proposal 2 (1 on its minibatch, its parent 0)",
    );
  });

  test("what does not go together is evaluated by itself", async () => {
    // Each text is good alone, and both together are good for nothing.
    const task: WorldOptions["task"] = ({ messages }) => {
      const [system, last] = [messages[0], messages.at(-1)].map((each) => String(each?.content));
      return last!.includes("precise") && system!.includes("CAREFUL") ? { answer: "?" } : undefined;
    };
    const { steps } = await run({ proposalsInFlight: 3, seed: 1, maxMetricCalls: 24 }, { task });
    const full = steps.filter((step) => step.full).map(({ name, score }) => [name, score]);
    expect(full.slice(0, 4)).toEqual([
      ["student", 0],
      ["proposal 1 + proposal 2", 0],
      ["proposal 1", 33.33],
      ["proposal 2", 33.33],
    ]);
  });

  test("their reflections are under way at once", async () => {
    let [open, most] = [0, 0];
    const reflect = async (current: string): Promise<string> => {
      open += 1;
      most = Math.max(most, open);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      open -= 1;
      return `${current} And so on.`;
    };
    await run({ proposalsInFlight: 6, maxMetricCalls: 60 }, { reflect });
    expect(most).toBe(6);
  });

  test("a perfect minibatch takes no place of a round: others are looked at first", async () => {
    // One question in three is answered from the beginning.
    const done = withParameters(support, { policy: "KIND" });
    const about: string[] = [];
    const componentSelector = ({ scores }: TextChoice): readonly string[] => {
      about.push(scores.join(" "));
      return ["find"];
    };
    const reflect = (current: string): string => {
      about.push("reflection");
      return `${current} And so on.`;
    };
    const options: Options = { proposalsInFlight: 4, maxMetricCalls: 60, reflectionMinibatchSize: 1 };
    const { steps } = await run({ ...options, componentSelector }, { reflect }, {}, done);
    // Who chooses what is to be changed is asked for none that is perfect, and for four before anybody writes.
    expect(about.slice(0, 8)).toEqual([...Array(4).fill("0"), ...Array(4).fill("reflection")]);
    const numbers = steps.slice(1, 5).map(({ name }) => Number(name.split(" ")[1]));
    expect(numbers).toHaveLength(4);
    expect(numbers.at(-1)).toBeGreaterThan(4);
  });

  test("the proposals that begin together are of one parent", async () => {
    const { steps } = await run({ proposalsInFlight: 3, useMerge: false, seed: 1 });
    const parents = new Map<number, Set<unknown>>();
    for (const { name, parents: own } of steps.slice(1))
      for (const [, number] of name.matchAll(/proposal (\d+)/g)) {
        const round = Math.ceil(Number(number) / 3);
        parents.set(round, (parents.get(round) ?? new Set()).add(String(own)));
      }
    expect(parents.size).toBeGreaterThan(2);
    expect([...parents.values()].map(({ size }) => size)).toEqual([...parents].map(() => 1));
  });

  test("a round is begun where a child and its evaluation can be paid; with one in flight, as long as there is a call", async () => {
    // The student takes 6 of them, and a round that keeps nothing 2 × 3 for each proposal.
    const reflect = (current: string): string => `${current} And so on.`;
    const made = async (proposalsInFlight: number, maxMetricCalls: number): Promise<number> =>
      (await run({ proposalsInFlight, maxMetricCalls }, { reflect })).steps.length - 1;
    expect([await made(2, 7), await made(2, 6 + 12 + 11), await made(2, 6 + 12 + 12)]).toEqual([1, 2, 4]);
    expect([await made(1, 7), await made(1, 6 + 6 + 1)]).toEqual([1, 2]);
  });
});

describe("which texts are changed", () => {
  test("one after another, or all at once", async () => {
    const of: WorldOptions = { reflect: (current) => `${current} More.` };
    const { steps } = await run({ proposalsInFlight: 1, useMerge: false, maxMetricCalls: 30 }, of);
    expect(steps.slice(1, 5).map(({ changed }) => changed)).toEqual([["find"], ["respond"], ["policy"], ["find"]]);
    const all = await run({ componentSelector: "all", maxMetricCalls: 30 }, of);
    expect(all.steps[1]!.changed).toEqual(["find", "respond", "policy"]);
  });

  test("as a function says, which is told of the candidate", async () => {
    const seen: unknown[] = [];
    const componentSelector = (choice: TextChoice): readonly string[] => {
      seen.push(choice);
      return choice.turn === 0 ? ["policy", "find"] : ["policy"];
    };
    const { steps } = await run(
      { proposalsInFlight: 1, useMerge: false, maxMetricCalls: 30, componentSelector },
      { reflect: (current) => `${current} More.` },
    );
    expect(steps[1]!.changed!.toSorted()).toEqual(["find", "policy"]);
    expect(seen[0]).toEqual({
      paths: ["find", "respond", "policy"],
      texts: { find: "Find the topic.", respond: "Answer.", policy: "Be quick." },
      candidate: 0,
      scores: [0, 0, 0],
      turn: 0,
    });
  });

  test.each([[["nobody"]], [[]], ["find"], [undefined]])("a function that says %j ends the job", async (chosen) => {
    const componentSelector = (() => chosen) as unknown as () => string[];
    await expect(run({ componentSelector })).rejects.toThrow(/must give a list of texts to change, of find, respond/);
  });

  test("frozen predictors are left as they are", async () => {
    const find = support.predictors()["find"]!.with({ frozen: true });
    const { steps, best } = await run({}, {}, {}, support.withPredictors({ find }));
    for (const { changed = [] } of steps) expect(changed).not.toContain("find");
    expect(textsOf(best)["find"]).toBe("Find the topic.");
  });

  test("descriptions of fields are among them where that is wanted, by what is said to them or to their predictor", async () => {
    const { find } = support.parts;
    const described = find.with({ signature: find.signature.withFields({ topic: { desc: "The topic." } }) });
    const student = support.withPredictors({ find: described });
    const prompts: string[] = [];
    const reflect = (current: string, prompt: string): string => {
      prompts.push(prompt);
      return better(current, prompt);
    };
    const options: Options = { descriptions: true, proposalsInFlight: 1, componentSelector: () => ["find.topic"] };
    const { best, steps } = await run({ ...options, maxMetricCalls: 40 }, { reflect }, {}, student);
    expect(prompts[0]).toContain(
      'What prompts say of the output "topic" of "find": a description, and no more than that.',
    );
    expect(prompts[0]).toContain("[[ ## current_instruction ## ]]\nThe topic.");
    const { fields } = best.predictors()["find"]!.signature;
    expect(fields.find(({ name }) => name === "topic")!.desc).toBe("The topic. PRECISE");
    expect(steps.find(({ name, full }) => full && name !== "student")!.changed).toEqual(["find.topic"]);
    await expect(run({ ...options, descriptions: false }, {}, {}, student)).rejects.toThrow(
      /must give a list of texts/,
    );
  });

  test("where there is none to change it says so", async () => {
    const frozen = Object.entries(support.predictors()).map(([path, each]) => [path, each.with({ frozen: true })]);
    const { parts } = support.withPredictors(Object.fromEntries(frozen) as ReturnType<typeof support.predictors>);
    await expect(compileOf(parts.find)).rejects.toThrow(/has no text to change/);
  });
});

function compileOf(student: Program<never>): Promise<unknown> {
  const teleprompter = gepa({ metric: () => 1, auto: "light" });
  return compile(
    teleprompter as never,
    student as never,
    { ...(sets as object), clients: { main: world() } } as never,
  ).result();
}

describe("how much", () => {
  test("a job's own budget counts reflections, and cuts at the same place whatever the timing", async () => {
    const budget = { lmCalls: 70 };
    const one = await run({ maxMetricCalls: Infinity }, {}, { budget });
    expect(one.status).toMatchObject({ partial: "budget" });
    expect(one.lm.requests.length).toBeLessThanOrEqual(70);
    expect(one.lm.requests.some(({ messages }) => String(messages[0]!.content).includes("`new_instruction`"))).toBe(
      true,
    );
    const other = await run({ maxMetricCalls: Infinity }, { turns: (call) => call % 4 }, { budget });
    expect(told(other)).toEqual(told(one));
  });

  test("its plan is its metric calls and what may be proposed for them; without an end there is none", () => {
    const task = { student: support as Program<never>, ...sets, warmStart: [] };
    const { trials, proposals } = gepa<Inputs, Labels>({ metric, maxMetricCalls: 66 }).plan!(task);
    expect([trials, runsOf(proposals)]).toEqual([66, 10]);
    expect(gepa<Inputs, Labels>({ metric, maxFullEvals: 2 }).plan!(task).trials).toBe(30);
    expect(gepa<Inputs, Labels>({ metric, maxMetricCalls: Infinity }).plan).toBeUndefined();
  });

  test("perfect minibatches are left out, unless that is off", async () => {
    const done = withParameters(support, { policy: "KIND" });
    const only = { trainset: questions(9).filter(({ id }) => Number(id.slice(1)) % 3 === 2) };
    const options = { proposalsInFlight: 1, maxMetricCalls: 30 };
    const { steps } = await run(options, {}, { ...only, valset: only.trainset }, done);
    expect(steps).toHaveLength(1);
    const all = await run({ ...options, skipPerfectScore: false }, {}, { ...only, valset: only.trainset }, done);
    expect(all.steps.length).toBeGreaterThan(1);
  });
});

describe("a writer of one's own", () => {
  test("gets the text, its runs and an ask that counts in the job", async () => {
    const seen: unknown[] = [];
    const { steps, lm } = await run({
      proposalsInFlight: 1,
      maxMetricCalls: 30,
      proposer: (wanted) => {
        seen.push(wanted);
        return `${wanted.current} ${wanted.path.toUpperCase()} KIND`;
      },
    });
    expect(seen[0]).toMatchObject({
      path: "find",
      kind: "instructions",
      current: "Find the topic.",
      examples: [
        { inputs: { question: expect.any(String) }, outputs: { topic: "vague" }, feedback: expect.any(String) },
        {},
        {},
      ],
    });
    expect(seen[2]).toMatchObject({
      path: "policy",
      kind: "parameter",
      examples: [{ outputs: { answer: "?" } }, {}, {}],
    });
    expect(steps.find(({ name }) => name === "proposal 3")!.origins!["policy"]!.by).toBe("function");
    expect(lm.requests.some(({ messages }) => String(messages[0]!.content).includes("new_instruction"))).toBe(false);
  });

  test("what it throws ends the job; nothing of it is a proposal that came to nothing", async () => {
    const broken = () => {
      throw new TypeError("a mistake in it");
    };
    await expect(run({ proposer: broken })).rejects.toThrow(/a mistake in it/);
    const nothing = await run({ proposer: () => undefined, maxMetricCalls: 20 });
    expect(nothing.steps).toHaveLength(1);
    expect(nothing.status.notes).toContain('a proposal for "find" was empty');
  });
});

test("the best answer to each val example is kept where that is wanted", async () => {
  const { report } = await run({ trackBestOutputs: true });
  expect(report.bestOutputs).toHaveLength(6);
  for (const { place, example, score, candidate, outputs } of report.bestOutputs!) {
    expect({ example, score, outputs }).toEqual({
      example: `q${9 + place}`,
      score: 1,
      outputs: { answer: `A${9 + place}` },
    });
    // The first candidate that came to it.
    const first = report.candidates.find(({ scores, full }) => full && scores[place] === 1);
    expect(candidate).toBe(first!.name);
  }
  const json = JSON.parse(report.toJson()) as { readonly value: { readonly bestOutputs: readonly unknown[] } };
  expect(json.value.bestOutputs).toHaveLength(6);
  expect((await run({ maxMetricCalls: 20 })).report.bestOutputs).toBeUndefined();
});

test("programs of a warm start are candidates from the beginning", async () => {
  const warm = withParameters(support, { policy: "KIND" });
  const { steps, best } = await run({ maxMetricCalls: 30 }, {}, { warmStart: [warm] });
  expect(steps[1]).toMatchObject({ name: "warm start 1", score: 33.33, full: true });
  expect(textsOf(best)["policy"]).toContain("KIND");
  const other = [support.parts.find as Program<never>];
  await expect(run({}, {}, { warmStart: other })).rejects.toThrow(
    /"question -> topic" has none at find, respond, policy/,
  );
});

test("reports show what has become of a declared text", async () => {
  const { report } = await run();
  expect(report.toMarkdown()).toMatch(/policy \(parameter\) \| Be quick\. KIND \| Be quick\./);
  expect(report.toHtml()).toContain("policy (parameter)");
  const { value } = JSON.parse(report.toJson()) as {
    readonly value: { readonly result: { readonly parameters: object } };
  };
  expect(value.result.parameters).toEqual({ policy: "Be quick. KIND" });
});

describe("odd feedback, odd scores, odd proposals", () => {
  const scored = (score: (right: boolean) => number, more: object = {}): GepaOptions<Inputs, Labels>["metric"] =>
    Object.assign(
      ({ labels }: { readonly labels: Partial<Labels> }, prediction: Labels) => ({
        score: score(labels.answer === prediction.answer),
        ...more,
      }),
      { version: 1 },
    );

  test("feedback for a predictor that does not exist is told of once, and the rest of it counts", async () => {
    const odd: typeof metric = (example, prediction, call) => {
      const said = metric(example, prediction, call) as { readonly score: number; readonly feedbackFor: object };
      return { ...said, feedbackFor: { ...said.feedbackFor, finder: "Look again." } };
    };
    const { best, status } = await run({ metric: odd });
    expect(textsOf(best)).toMatchObject({ find: "Find the topic. PRECISE", policy: "Be quick. KIND" });
    expect(status.notes).toContain(
      'the metric has feedback for "finder", which is no predictor and no parameter of the program',
    );
  });

  test("a predictor's own score is told to who writes, and decides nothing", async () => {
    const prompts: string[] = [];
    const reflect = (current: string, prompt: string): string => {
      prompts.push(prompt);
      return `${current} CAREFUL`;
    };
    const { steps, status } = await run(
      { metric: scored(Number, { feedbackFor: { find: { score: 0.25 } } }), proposalsInFlight: 1 },
      { reflect },
    );
    expect(prompts[0]).toContain("This trajectory got a score of 0.25.");
    expect(prompts[1]).toContain("This trajectory got a score of 0.0.");
    expect(steps.flatMap(({ scores }) => scores).every((score) => score === 0 || score === 1)).toBe(true);
    expect(status.notes.filter((note) => note.includes("differs from the program's"))).toHaveLength(1);
  });

  test("on a scale to 100 nothing is taken for perfect, which is said; perfectScore says what is", async () => {
    const percent = scored((right) => (right ? 90 : 40));
    const { status, steps } = await run(
      { metric: percent, proposalsInFlight: 1 },
      { reflect: (text) => `${text} CAREFUL` },
    );
    expect(steps.length).toBeGreaterThan(5);
    expect(status.notes).toEqual([expect.stringMatching(/^scores above 1 were seen: .*perfectScore/)]);
    const told90 = await run({ metric: percent, perfectScore: 40, proposalsInFlight: 1 });
    expect(told90.steps).toHaveLength(1);
    expect(told90.status.notes).toEqual([]);
  });

  test("below 0 a failed trial counts less than any score, or what failureScore says", async () => {
    const negative = scored((right) => (right ? -0.5 : -1));
    const task: WorldOptions["task"] = ({ messages }) =>
      String(messages[0]!.content).includes("CRASH") ? new LmError("no", { code: "bad_request" }) : undefined;
    const of: WorldOptions = { reflect: (_current, _prompt, call) => (call % 2 === 1 ? "CRASH" : "CAREFUL"), task };
    const { best, steps } = await run({ metric: negative, proposalsInFlight: 1 }, of);
    expect(textsOf(best)["respond"]).toBe("CAREFUL");
    expect(Object.values(textsOf(best))).not.toContain("CRASH");
    const crashed = steps.find(({ program }) => textsOf(program)["find"] === "CRASH")!;
    expect(crashed).toMatchObject({ full: false, note: "refused: -6 on its minibatch, its parent -3" });
    const zero = await run({ metric: negative, failureScore: 0, proposalsInFlight: 1, maxMetricCalls: 30 }, of);
    expect(Object.values(textsOf(zero.best))).toContain("CRASH");
  });

  test.each([
    ["an empty reflection", "   ", /a proposal for "find" was empty/],
    [
      "one that fails",
      new LmError("busy", { code: "bad_request" }),
      /no proposal for "find" could be had \(bad_request\)/,
    ],
    ["one of 100,000 characters", "x".repeat(100_000), /a proposal for "find" had more than 30000 characters/],
  ])("%s is asked for once more, and costs its calls and nothing else", async (_what, made, note) => {
    const { steps, status, lm } = await run(
      { proposalsInFlight: 1, maxMetricCalls: 9 },
      { reflect: () => made },
      { retry: undefined },
    );
    expect(steps).toHaveLength(1);
    expect(status).toMatchObject({ state: "done" });
    expect(status.notes).toEqual([expect.stringMatching(note)]);
    const asked = lm.requests.filter(({ messages }) => String(messages[0]!.content).includes("`new_instruction`"));
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });

  test("a text of 100,000 characters is taken where maxChars allows it; a longer one is given back to be shortened", async () => {
    const reflect = (): string => "x".repeat(100_000);
    const { steps } = await run(
      { proposer: { maxChars: 100_000 }, maxMetricCalls: 12, proposalsInFlight: 1 },
      { reflect },
    );
    expect(textsOf(steps[1]!.program)["find"]).toHaveLength(100_000);
    const task: WorldOptions["task"] = ({ messages }) =>
      String(messages[0]!.content).includes("`shortened_instruction`")
        ? JSON.stringify({ shortened_instruction: "x" })
        : undefined;
    const short = await run(
      { proposer: { maxChars: 50 }, maxMetricCalls: 12, proposalsInFlight: 1 },
      { reflect, task },
    );
    expect(textsOf(short.steps[1]!.program)["find"]).toBe("x");
  });

  test("what is still longer than maxChars when it was given back is none", async () => {
    const task: WorldOptions["task"] = ({ messages }) =>
      String(messages[0]!.content).includes("`shortened_instruction`")
        ? JSON.stringify({ shortened_instruction: "x".repeat(51) })
        : undefined;
    const { steps, status } = await run(
      { proposer: { maxChars: 50 }, maxMetricCalls: 9, proposalsInFlight: 1 },
      { reflect: () => "x".repeat(60), task },
    );
    expect(steps).toHaveLength(1);
    expect(status.notes).toEqual(['a proposal for "find" had more than 50 characters']);
  });

  test("a proposal that has lost a placeholder is none; who proposes is told to keep it", async () => {
    const letter = withParameters(support, { policy: "Say {{name}}, and ${word}." });
    const prompts: string[] = [];
    const reflect = (_current: string, prompt: string): string => {
      prompts.push(prompt);
      return "Say ${word}. KIND";
    };
    const options: Options = { componentSelector: () => ["policy"], maxMetricCalls: 12, proposalsInFlight: 1 };
    const { steps, status } = await run(options, { reflect }, {}, letter);
    expect(steps).toHaveLength(1);
    expect(status.notes).toEqual(['a proposal for "policy" had lost {{name}}']);
    expect(prompts[0]).toContain("Keep these placeholders as they are, they are filled in later: {{name}}, ${word}");
    expect(prompts[0]).toContain('The text "policy", which the program uses as it runs.');
  });

  test("a metric that always fails leaves the student as it is", async () => {
    const { best, steps } = await run({ metric: () => Number.NaN, maxMetricCalls: 20 });
    expect(best).toBe(support);
    expect(steps).toHaveLength(1);
  });

  test("an answer that cannot be read is shown where that is wanted", async () => {
    const task: WorldOptions["task"] = ({ messages }) =>
      String(messages[0]!.content).includes("`answer` (str)") ? "I do not know." : undefined;
    const prompts: string[] = [];
    const of: WorldOptions = { task, reflect: (current, prompt) => (prompts.push(prompt), current) };
    const options: Options = { componentSelector: () => ["respond"], maxMetricCalls: 12, proposalsInFlight: 1 };
    await run(options, of);
    expect(prompts).toEqual([]);
    await run({ ...options, addFormatFailureAsFeedback: true }, of);
    expect(prompts[0]).toContain("The model's raw response was:");
    expect(prompts[0]).toContain("I do not know.");
  });
});

describe("what makes no sense is refused", () => {
  test.each<[string, object, RegExp]>([
    [
      "two ways to say how much",
      { auto: "light", maxMetricCalls: 5 },
      /has to say how much; given: auto and maxMetricCalls/,
    ],
    ["no way to say how much", {}, /has to say how much; given: none/],
    ["no metric", { metric: undefined }, /metric is missing/],
    ["an effort that is none", { auto: "huge" }, /auto must be one of light, medium, heavy/],
    ["a way to choose that is none", { candidateSelection: "best" }, /candidateSelection must be one of pareto/],
    [
      "a selector that is none",
      { componentSelector: "some" },
      /componentSelector must be one of round_robin, all or a function/,
    ],
    ["half a proposal", { proposalsInFlight: 0.5 }, /proposalsInFlight must be a whole number above 0/],
    ["a misspelt option", { useMerges: true }, /no option "useMerges" \(is "useMerge" meant\?\)/],
    ["a misspelt option of the proposer", { proposer: { maxChar: 5 } }, /gepa: proposer: no option "maxChar"/],
    ["a flag that is none", { useMerge: 1 }, /useMerge must be true or false/],
    ["a failure that is no number", { failureScore: Infinity }, /failureScore must be a finite number/],
  ])("%s", (_what, options, message) => {
    const made = (): unknown =>
      gepa({ metric: () => 1, ...(Object.keys(options).length > 0 && { auto: "light" }), ...options });
    expect(made).toThrow(UsageError);
    expect(made).toThrow(message);
  });

  test("an empty trainset, an empty valset", async () => {
    await expect(run({}, {}, { trainset: [] })).rejects.toThrow(/the trainset is empty/);
    await expect(run({}, {}, { valset: [] })).rejects.toThrow(/the valset is empty/);
  });
});
