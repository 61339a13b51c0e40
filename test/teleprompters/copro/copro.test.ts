import { describe, expect, test } from "vitest";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { copro } from "../../../src/teleprompters/copro/copro.ts";
import type { CoproOptions } from "../../../src/teleprompters/copro/copro-options.ts";
import { runsOf } from "../../../src/teleprompters/search-plan.ts";
import { compile, type BareCompileOptions } from "../../../src/teleprompters/job/compile.ts";
import { qa, questions } from "../few-shot/few-shot-world.ts";
import { simulatedModel, simulatedSets, student } from "../simulation/simulated-task.ts";
import { countingModel, shuffledAnswers } from "../watched-model.ts";
import { instructionsOf, shownSteps, stepsOf } from "../told-steps.ts";

type Inputs = { question: string };
type Labels = { answer: string };

const metric = exactMatch("answer");

async function run(
  options: Partial<CoproOptions<Inputs, Labels>> = {},
  compiled: Partial<BareCompileOptions<Inputs, Labels>> = {},
  program = student,
) {
  const handle = compile(copro<Inputs, Labels>({ metric, breadth: 3, depth: 2, ...options }), program, {
    ...simulatedSets(4, 8),
    clients: { main: simulatedModel(1) },
    ...compiled,
  });
  return { best: await handle.result(), steps: await stepsOf(handle), handle };
}

/** Proposes what it is told to, one after another, and is right where the instructions say so. */
function told(proposals: readonly (string | Error)[], isRight: (system: string) => boolean) {
  let next = 0;
  return scripted(({ messages }: LmRequest) => {
    const system = String(messages[0]!.content);
    if (!system.includes("proposed_instruction")) {
      const number = /q(\d+)\?/.exec(String(messages.at(-1)!.content))![1]!;
      return { answer: isRight(system) ? `A${number}` : "?" };
    }
    const proposal = proposals[next % proposals.length]!;
    next += 1;
    if (proposal instanceof Error) return proposal;
    return { proposed_instruction: proposal, proposed_prefix_for_output_field: "Answer:" };
  });
}

const compileQa = (model: ReturnType<typeof told>, options: Partial<CoproOptions<Inputs, Labels>> = {}) =>
  compile(copro<Inputs, Labels>({ metric, breadth: 3, depth: 2, ...options }), qa, {
    trainset: questions(3),
    clients: { main: model },
  });

describe("what it tries", () => {
  test("says which text is new and who wrote it: a model that was shown no example, or who had it before", async () => {
    const { steps } = await run({ promptClient: "main" });
    const at = (name: string) => {
      const { changed, origins } = steps.find((step) => step.name === name)!;
      return [changed, origins];
    };
    const proposed = { by: "model", client: "main", examples: [] };
    expect(at("student")).toEqual([[], {}]);
    expect(at("depth 0, find 1")).toEqual([["find"], { find: proposed }]);
    for (const { name, program, parents, changed, origins = {} } of steps.filter(({ name }) => name !== "student")) {
      const parent = steps.find((step) => step.name === parents[0]);
      const [own, before] = [instructionsOf(program), instructionsOf(parent!.program)];
      expect([name, changed]).toEqual([name, ["find", "respond"].filter((_, place) => own[place] !== before[place])]);
      expect(Object.keys(origins)).toEqual(changed);
    }
    // What was taken over from another one, that one has.
    for (const { program, origins = {} } of steps)
      for (const [path, { by, candidate }] of Object.entries(origins)) {
        if (by !== "candidate") continue;
        const owner = steps.find(({ name }) => name === candidate)!;
        const [had, has] = [owner.program, program].map((each) => each.predictors()[path]!.signature.instructions);
        expect(had).toBe(has);
      }
  });

  test("tells where each text came from, and what it was tried with", async () => {
    const { steps } = await run();
    // Two predictors: what is known is tried again at each depth, with the other one at its best.
    expect(steps.map(({ name }) => name)).toEqual([
      "depth 0, find 1",
      "depth 0, find 2",
      "student",
      ...[1, 2, 3].map((at) => `depth 0, respond ${at}`),
      ...[1, 2, 3, 4, 5, 6].map((at) => `depth 1, find ${at}`),
      ...[1, 2, 3, 4, 5, 6].map((at) => `depth 1, respond ${at}`),
    ]);
    expect(steps[0]).toMatchObject({ parents: ["student"], note: "find: a model's proposal", full: true });
    expect(steps[2]).toMatchObject({ parents: [], note: "as it was given" });
    expect(steps[5]!.note).toBe("respond: its own instructions");
    expect(steps[11]!.note).toBe("find: a model's proposal, by how 3 of find did");
    const names = new Set(steps.map(({ name }) => name));
    for (const { parents } of steps) for (const parent of parents) expect(names).toContain(parent);
  });

  test("the result is the first of the best, and the program that was scored", async () => {
    const { best, steps } = await run();
    const top = Math.max(...steps.map(({ score }) => score));
    expect(steps.filter(({ score }) => score === top).map(({ program }) => program)).toContain(best);
  });

  test("it comes to the same whatever the timing", async () => {
    const first = shownSteps((await run()).steps);
    for (const seed of [1, 2])
      expect(
        shownSteps((await run({}, { clients: { main: shuffledAnswers(simulatedModel(1), seed) } })).steps),
      ).toEqual(first);
  });

  test("proposals of all predictors are asked for side by side", async () => {
    const isProposal = ({ messages }: LmRequest): boolean => String(messages[0]!.content).includes("proposed_");
    const { model, most } = countingModel(simulatedModel(1), isProposal);
    await run({}, { clients: { main: model } });
    expect(most()).toBe(2 * 2);
  });

  test("a depth without a proposal that can be read has nothing to try, and the next one comes", async () => {
    const gone = new LmError("withheld", { code: "content_filter" });
    const model = told([gone, gone, gone, gone, gone, "RIGHT."], (system) => system.includes("RIGHT."));
    const handle = compileQa(model, { depth: 3 });
    expect(instructionsOf(await handle.result())).toEqual(["RIGHT."]);
    expect((await stepsOf(handle)).map(({ name }) => name)).toEqual(["student", "depth 2, self 1"]);
  });

  test("proposals are told apart at every depth, also where proposers are told the same", async () => {
    const model = told(["RIGHT."], () => false);
    await compileQa(model).result();
    const rollouts = model.requests.flatMap(({ rolloutId }) => rolloutId ?? []);
    expect(rollouts).toEqual([0, 1, 3, 4, 5]);
  });

  test("a frozen predictor stays as it is, and nothing is proposed for it", async () => {
    const frozen = student.withPredictors({ respond: student.predictors()["respond"]!.with({ frozen: true }) });
    const { steps } = await run({}, {}, frozen);
    expect(new Set(steps.map(({ program }) => program.predictors()["respond"])).size).toBe(1);
    // One predictor: only what is new is tried.
    expect(steps).toHaveLength(6);
  });

  test("earlier programs are tried as they are, and their instructions beside the first proposals", async () => {
    const good = qa.with({ instructions: "RIGHT." });
    const handle = compile(copro<Inputs, Labels>({ metric, breadth: 2, depth: 1 }), qa, {
      trainset: questions(3),
      warmStart: [good],
      clients: { main: told(["Wrong."], (system) => system.includes("RIGHT.")) },
    });
    expect(instructionsOf(await handle.result())).toEqual(["RIGHT."]);
    const steps = await stepsOf(handle);
    expect(steps.map(({ name, note, score }) => [name, note, score])).toEqual([
      ["warm start 1", "given to begin with", 100],
      ["depth 0, self 1", "self: a model's proposal", 0],
      ["student", "as it was given", 0],
      ["depth 0, self 3", "self: the instructions of warm start 1", 100],
    ]);
  });

  test("a plan counts what it tries", async () => {
    const { steps, handle } = await run();
    const plan = copro<Inputs, Labels>({ metric, breadth: 3, depth: 2 }).plan!({
      ...simulatedSets(4, 8),
      student,
      warmStart: [],
    });
    expect([plan.trials, runsOf(plan.proposals)]).toEqual([steps.length * 8, 2 * 5]);
    expect(handle.status().lmCalls).toBe(2 * plan.trials + runsOf(plan.proposals));
  });
});

describe("what may go wrong", () => {
  test.each([
    ["noise", "%%% no layout at all"],
    ["nothing", { proposed_instruction: ' "" ', proposed_prefix_for_output_field: "" }],
  ])("a proposer that answers %s costs its calls and nothing else", async (_what, reply) => {
    const prompt = scripted(() => reply);
    const { best, steps } = await run(
      { promptClient: "prompt" },
      { clients: { main: simulatedModel(1), prompt }, client: "main" },
    );
    expect(prompt.requests).toHaveLength(2 * (2 + 3));
    expect(instructionsOf(best)).toEqual(instructionsOf(student));
    expect(steps.map(({ note }) => note)).toContain("as it was given");
  });

  test("one proposal that cannot be had leaves the others", async () => {
    const gone = new LmError("withheld", { code: "content_filter" });
    const handle = compileQa(
      told([gone, "RIGHT."], (system) => system.includes("RIGHT.")),
      { depth: 1 },
    );
    expect(instructionsOf(await handle.result())).toEqual(["RIGHT."]);
    expect(await stepsOf(handle)).toHaveLength(2);
  });

  test("a wrong key of the one who proposes ends the job", async () => {
    const clients = { main: simulatedModel(1), prompt: scripted(() => new LmError("no such key", { code: "auth" })) };
    await expect(run({ promptClient: "prompt" }, { clients, client: "main" })).rejects.toMatchObject({ code: "auth" });
  });

  test("a failed trial ranks below every score, also where scores are below 0", async () => {
    const main = scripted(({ messages }: LmRequest) => {
      const system = String(messages[0]!.content);
      if (system.includes("proposed_instruction"))
        return { proposed_instruction: "Fail.", proposed_prefix_for_output_field: "" };
      return system.includes("Fail.") ? new LmError("refused", { code: "content_filter" }) : { answer: "poor" };
    });
    const poor = Object.assign(() => -1, { version: 1 });
    const handle = compile(copro<Inputs, Labels>({ metric: poor, breadth: 2, depth: 2 }), qa, {
      trainset: questions(3),
      clients: { main },
    });
    expect(instructionsOf(await handle.result())).toEqual(instructionsOf(qa));
  });

  test("nothing to compare on is refused before anything is asked", async () => {
    const main = simulatedModel(1);
    await expect(run({}, { valset: [], clients: { main } })).rejects.toThrow(/no examples to compare on/);
    expect(main.requests).toHaveLength(0);
  });

  test.each([
    [{ breadth: 1 }, /breadth must be a whole number from 2/],
    [{ depth: 0 }, /depth must be/],
    [{ initTemperature: -1 }, /initTemperature must be/],
    [{ promptClient: "" }, /promptClient must be the name of a client/],
    [{ metric: undefined }, /metric is missing/],
    [{ bredth: 3 }, /no option "bredth" \(is "breadth" meant\?\)/],
  ])("%j is refused", (options, words) => {
    const make = () => copro({ metric, ...options } as unknown as CoproOptions);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(words);
  });
});
