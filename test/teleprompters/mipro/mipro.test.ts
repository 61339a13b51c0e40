import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Program } from "../../../src/programs/program.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { runsOf } from "../../../src/teleprompters/search-plan.ts";
import { compile, type BareCompileOptions } from "../../../src/teleprompters/job/compile.ts";
import type { JobStep } from "../../../src/teleprompters/job/job-board.ts";
import { mipro } from "../../../src/teleprompters/mipro/mipro.ts";
import type { MiproOptions } from "../../../src/teleprompters/mipro/mipro-options.ts";
import { TIPS } from "../../../src/teleprompters/proposer/tips.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { metric, simulatedModel, simulatedSets, student } from "../simulation/simulated-task.ts";
import { instructionsOf } from "../told-steps.ts";

type Inputs = { question: string };
type Labels = { answer: string };
type Options = Partial<MiproOptions<Inputs, Labels>>;

const sets = simulatedSets(12, 14);
const SMALL: Options = { numCandidates: 3, numTrials: 6, minibatchSize: 5, minibatchFullEvalSteps: 2 };

async function run(options: Options, compiled: Partial<BareCompileOptions<Inputs, Labels>> = {}, program = student) {
  const handle = compile(mipro<Inputs, Labels>({ ...SMALL, metric, ...options }), program, {
    ...sets,
    clients: { main: simulatedModel(1) },
    ...compiled,
  });
  const best = await handle.result();
  const steps: JobStep[] = [];
  for await (const step of handle.steps()) steps.push(step);
  return { best, steps, handle };
}

const shown = ({ steps }: { readonly steps: readonly JobStep[] }) =>
  steps.map(({ name, score, full, note, program }) => ({ name, score, full, note, state: stateOf(program) }));

function stateOf(program: Program<never>) {
  return Object.values(program.predictors()).map(({ signature: { instructions }, demos }) => ({ instructions, demos }));
}

describe("what it tries", () => {
  test("every second trial on a minibatch is followed by the whole valset for the best by mean; all of it is told", async () => {
    const { steps, best } = await run({ trialsInFlight: 1 });
    expect(steps.map(({ name, full, scores }) => [name, full, scores.length])).toEqual([
      ["student", true, 14],
      ["trial 1", false, 5],
      ["trial 2", false, 5],
      ["full 1", true, 14],
      ["trial 3", false, 5],
      ["trial 4", false, 5],
      ["full 2", true, 14],
      ["trial 5", false, 5],
      ["trial 6", false, 5],
      ["full 3", true, 14],
    ]);
    expect(steps[1]).toMatchObject({
      parents: ["student"],
      note: expect.stringMatching(/^find: instruction \d, demo set \d; respond: /),
    });
    expect(["trial 1", "trial 2"]).toContain(steps[3]!.parents[0]);
    expect(steps[3]!.note).toMatch(/^the whole valset; best by mean so far; find: /);
    const full = steps.filter((step) => step.full);
    const top = Math.max(...full.map(({ score }) => score));
    // What is returned is what was scored: the same object.
    expect(best).toBe(full.find(({ score }) => score === top)!.program);
  });

  test("neither its journal nor its report names the trainset's examples at each step", async () => {
    const folder = storeFolder();
    const { handle, steps } = await run({}, { folder });
    const id = sets.trainset[5]!.id;
    const timesIn = (text: string) => text.split(id).length - 1;
    expect(steps.filter(({ origins = {} }) => Object.keys(origins).length > 0).length).toBeGreaterThan(2);
    for (const name of readdirSync(folder)) expect(timesIn(readFileSync(join(folder, name), "utf8"))).toBe(0);
    // Among those that writers were shown, and in the sources of up to two predictors of the result.
    expect(timesIn(handle.report().toJson())).toBeLessThanOrEqual(3);
    expect(timesIn(handle.report().toJson())).toBeGreaterThanOrEqual(1);
  });

  test("with several in flight it is the same whatever the timing", async () => {
    const slow = (seed: number) => {
      const random = pythonRandom(seed);
      const quick = simulatedModel(1);
      return scripted(async (request: LmRequest) => {
        for (let turn = random.below(6); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
        return (await quick.generate(request)).completions[0]!.text;
      });
    };
    const first = shown(await run({ trialsInFlight: 3 }));
    for (const seed of [1, 2])
      expect(shown(await run({ trialsInFlight: 3 }, { clients: { main: slow(seed) } }))).toEqual(first);
    expect(shown(await run({ trialsInFlight: 1 }))).not.toEqual(first);
  });

  test("without minibatches nothing is tried twice, and when all was tried it ends", async () => {
    const own = { maxBootstrappedDemos: 0, maxLabeledDemos: 0, minibatch: false, numTrials: 40, numCandidates: 2 };
    const { steps } = await run(own);
    const tried = steps.slice(1).map(({ note }) => note);
    expect(new Set(tried).size).toBe(tried.length);
    expect(tried.length).toBeLessThanOrEqual(4);
  });

  test("zero demos means none anywhere: neither in candidates nor labeled ones in the runs that proposers see", async () => {
    const { steps, best } = await run({ maxBootstrappedDemos: 0, maxLabeledDemos: 0 });
    for (const { program } of [...steps, { program: best }])
      for (const { demos } of Object.values(program.predictors())) expect(demos).toEqual([]);
    expect(steps[1]!.note).toMatch(/^find: instruction \d; respond: instruction \d$/);
  });

  test("a frozen predictor stays as it is", async () => {
    const frozen = student.withPredictors({ respond: student.predictors()["respond"]!.with({ frozen: true }) });
    const { steps } = await run({}, {}, frozen);
    const seen = steps.map(({ program }) => program.predictors()["respond"]);
    expect(new Set(seen).size).toBe(1);
    expect(steps.some(({ program }) => program.predictors()["find"]!.demos.length > 0)).toBe(true);
  });

  test("says which instructions are new, and that who proposed them may have been shown any example, or none", async () => {
    const own = instructionsOf(student);
    for (const options of [{}, { dataAwareProposer: false, fewshotAwareProposer: false }]) {
      const { steps } = await run({ ...options, promptClient: "main" });
      const trials = steps.filter(({ name }) => name.startsWith("trial"));
      for (const { program, changed, origins = {} } of trials) {
        const otherwise = ["find", "respond"].filter((_, at) => instructionsOf(program)[at] !== own[at]);
        expect([changed, Object.keys(origins)]).toEqual([otherwise, otherwise]);
      }
      const [origin] = trials.flatMap(({ origins = {} }) => Object.values(origins));
      expect(origin).toMatchObject({ by: "model", client: "main" });
      expect((origin?.examples ?? []).length > 0).toBe(Object.keys(options).length === 0);
      const full = steps.filter(({ name }) => name.startsWith("full"));
      expect(full.flatMap(({ changed }) => changed)).toEqual([]);
    }
  });

  test("the layout is one more choice", async () => {
    const adapters = [chatAdapter(), jsonAdapter()];
    const { steps } = await run({ adapters });
    const layouts = steps
      .slice(1)
      .map(({ program }) => Object.values(program.predictors()).map((each) => each.adapter));
    for (const [first, second] of layouts) expect(first).toBe(second);
    expect(new Set(layouts.flat())).toEqual(new Set(adapters));
    expect(steps[1]!.note).toMatch(/; layout: (chat|json)/);
  });

  test("earlier candidates come first, and the best of them may win", async () => {
    const good = student.withPredictors({
      find: student.predictors()["find"]!.with({ instructions: "Do it in way 50." }),
      respond: student.predictors()["respond"]!.with({ instructions: "Do it in way 50." }),
    });
    const { steps, best } = await run({}, { warmStart: [good] });
    expect(steps.slice(0, 2).map(({ name, full }) => [name, full])).toEqual([
      ["student", true],
      ["warm start 1", true],
    ]);
    expect(best).toBe(good);
  });
});

describe("draws", () => {
  test("seed 0 is a seed: proposals are numbered by Random(0)", async () => {
    const model = simulatedModel(1);
    await run({ seed: 0, maxBootstrappedDemos: 2, maxLabeledDemos: 2 }, { clients: { main: model } });
    const random = pythonRandom(0);
    // Three demo sets: none, labeled ones, the trainset in its order: none of them draws.
    const drawn = Array.from({ length: 6 }, () => {
      random.choice(TIPS);
      return random.between(0, 1e9);
    });
    const rollouts = model.requests.flatMap(({ rolloutId }) => (typeof rolloutId === "number" ? [rolloutId] : []));
    expect(new Set(rollouts)).toEqual(new Set(drawn));
  });
});

describe("whom it asks", () => {
  test("the prompt client for proposals, the teacher's client for demos, and nobody else's", async () => {
    const [main, prompt, teacher] = [simulatedModel(1), simulatedModel(1), simulatedModel(1)];
    const clients = { main, prompt, teacher };
    await run({ promptClient: "prompt", teacher: { client: "teacher" } }, { clients, client: "main" });
    const systems = (model: typeof main) => model.requests.map(({ messages }) => String(messages[0]!.content));
    expect(
      systems(prompt).every(
        (text) => !text.includes("`hint`") || text.includes("proposed_instruction") || text.includes("description"),
      ),
    ).toBe(true);
    expect(prompt.requests.length).toBeGreaterThan(6);
    expect(teacher.requests.length).toBeGreaterThan(0);
    expect(systems(main).some((text) => text.includes("`proposed_instruction`"))).toBe(false);
  });

  test("where nobody is named for proposals, the first client that the student names", async () => {
    const [one, other, third] = [simulatedModel(1), simulatedModel(1), simulatedModel(1)];
    const named = student.withPredictors({
      find: student.predictors()["find"]!.with({ client: "one" }),
      respond: student.predictors()["respond"]!.with({ client: "other" }),
    });
    await run({}, { clients: { one, other, third } }, named);
    const proposals = ({ requests }: typeof one) =>
      requests.filter(({ messages }) => String(messages[0]!.content).includes("`proposed_instruction`")).length;
    expect([one, other, third].map(proposals)).toEqual([6, 0, 0]);
  });

  test("a wrong key of the one who proposes ends the job", async () => {
    const clients = { main: simulatedModel(1), prompt: scripted(() => new LmError("no such key", { code: "auth" })) };
    await expect(run({ promptClient: "prompt" }, { clients, client: "main" })).rejects.toMatchObject({ code: "auth" });
  });

  test.each([
    ["noise", () => "%%% no layout at all"],
    [
      "nothing",
      () => ({
        proposed_instruction: " ",
        observations: "",
        summary: "",
        program_description: "",
        module_description: "",
      }),
    ],
  ])("a proposer that answers %s costs its calls and nothing else", async (_what, reply) => {
    const prompt = scripted(reply);
    const { steps } = await run(
      { promptClient: "prompt" },
      { clients: { main: simulatedModel(1), prompt }, client: "main" },
    );
    const own = Object.values(student.predictors()).map(({ signature: { instructions } }) => instructions);
    for (const { program } of steps) expect(stateOf(program).map(({ instructions }) => instructions)).toEqual(own);
    // Once for the data at least, and thrice for a proposal at most.
    expect(prompt.requests.length).toBeLessThanOrEqual(3 + 3 * 6);
    expect(steps.length).toBeGreaterThan(2);
  });
});

describe("what cannot be searched", () => {
  const one = simulatedSets(1, 14);

  test.each([
    ["an empty trainset", { trainset: [] }, /trainset is empty/],
    ["an empty valset", { valset: [] }, /valset is empty/],
    ["one example for both", { trainset: one.trainset, valset: undefined }, /give a valset/],
  ])("%s is refused before anything is asked", async (_what, own, words) => {
    const model = simulatedModel(1);
    await expect(run({}, { clients: { main: model }, ...own })).rejects.toThrow(words);
    expect(model.requests).toHaveLength(0);
  });

  test("a trainset of one example with a valset is searched", async () => {
    const { steps } = await run({}, one);
    expect(steps.length).toBeGreaterThan(2);
  });

  test("where the metric always fails, the student is the result", async () => {
    const broken = () => {
      throw new Error("no metric today");
    };
    const { best, steps } = await run({ metric: Object.assign(broken, { version: 1 }) });
    expect(best).toBe(student);
    expect(steps.every(({ scores }) => scores.every((score) => score === undefined))).toBe(true);
  });

  test("a failed trial ranks below every score, also where scores are below 0", async () => {
    const qa = signature("question -> answer");
    const set = examples(
      qa,
      Array.from({ length: 6 }, (_, at) => ({ question: `q${at}`, answer: "" })),
    );
    const model = scripted(({ messages }) => {
      const text = messages.map(({ content }) => String(content)).join("\n");
      if (text.includes("proposed_instruction")) return { proposed_instruction: "Fail." };
      return text.includes("Fail.") ? new LmError("refused", { code: "content_filter" }) : { answer: "poor" };
    });
    const teleprompter = mipro<Inputs, Labels>({
      ...SMALL,
      maxBootstrappedDemos: 0,
      maxLabeledDemos: 0,
      dataAwareProposer: false,
      programAwareProposer: false,
      metric: Object.assign(() => -1, { version: 1 }),
    });
    const handle = compile(teleprompter, predict(qa), { trainset: set, valset: set, clients: { main: model } });
    const best = await handle.result();
    expect(best.signature.instructions).not.toBe("Fail.");
  });
});

test("the plan is never passed", async () => {
  for (const own of [
    SMALL,
    { ...SMALL, minibatch: false },
    { ...SMALL, maxBootstrappedDemos: 0, maxLabeledDemos: 0 },
  ]) {
    const teleprompter = mipro<Inputs, Labels>({ ...own, metric });
    const plan = teleprompter.plan!({ student, ...sets, warmStart: [] });
    const { handle } = await run(own);
    // Two calls for each trial of two predictors.
    expect(handle.status().lmCalls).toBeLessThanOrEqual(2 * plan.trials + runsOf(plan.proposals));
    expect(handle.status().lmCalls).toBeGreaterThan(plan.trials);
  }
});

test.each([
  [{ auto: "tiny" }, /auto must be one of light, medium, heavy/],
  [{ numTrials: 3 }, /go together/],
  [{ auto: "light", numTrials: 3, numCandidates: 2 }, /or the numbers do/],
  [{ seed: 0.5 }, /seed must be a whole number/],
  [{ minibatchSize: 0 }, /minibatchSize must be/],
  [{ trialsInFlight: 0 }, /trialsInFlight must be/],
  [{ adapters: ["chat"] }, /adapters must be a list of adapters/],
  [{ promptClient: "" }, /promptClient must be the name/],
  [{ minibatch: "yes" }, /minibatch must be true or false/],
  [{ maxRounds: 2 }, /no option "maxRounds"/],
  [{ metric: undefined }, /metric is missing/],
])("options that make no sense are refused: %j", (options, words) => {
  const make = () => mipro({ metric: exactMatch("answer"), ...options } as never);
  expect(make).toThrow(UsageError);
  expect(make).toThrow(words);
});
