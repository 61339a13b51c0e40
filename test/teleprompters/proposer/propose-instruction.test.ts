import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { textOf } from "../../../src/lm/message.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { Program } from "../../../src/programs/program.ts";
import { signature } from "../../../src/signatures/signature.ts";
import type { ScriptedReply } from "../../../src/testing/scripted-reply.ts";
import type { Ask, AskOptions } from "../../../src/teleprompters/proposer/ask.ts";
import { proposeInstruction, proposeInstructions } from "../../../src/teleprompters/proposer/propose-instruction.ts";
import type { ProposalOf } from "../../../src/teleprompters/proposer/propose-instruction.ts";
import { TIPS } from "../../../src/teleprompters/proposer/tips.ts";
import { NOISE, scriptedAsker } from "./scripted-asker.ts";

const STUDENT = program({
  name: "pipeline",
  parts: { rewrite: predict(signature("question -> query")), respond: predict(signature("query -> answer")) },
  async forward({ rewrite, respond }, { question }: { question: string }) {
    return respond(await rewrite({ question }));
  },
});

const AWARE = { program: STUDENT, summary: "Short questions.", programAware: true };
const PLAIN = { program: STUDENT, programAware: false };
const DEMOS = [[], [{ augmented: true, query: "q1", answer: "a1" }]];
const OF: ProposalOf = {
  predictor: "respond",
  demoSets: DEMOS,
  set: 1,
  tip: TIPS[2] ?? "",
  rolloutId: 7,
  temperature: 1,
};

const PROGRAM_SAID = { program_description: "It answers." };
const PART_SAID = { module_description: "It responds." };
const PROPOSED = { proposed_instruction: "Do it." };

/** What stands under each header of the last message. */
function shown({ messages }: LmRequest): Record<string, string> {
  const parts = textOf(messages.at(-1)?.content ?? "").split(/\[\[ ## (\w+) ## \]\]\n/);
  const pairs = parts.slice(1).flatMap((part, place) => (place % 2 === 0 ? [[part, parts[place + 2]?.trim()]] : []));
  return Object.fromEntries(pairs) as Record<string, string>;
}

// The prompts are held against DSPy in test/dspy.
describe("a proposal", () => {
  test.each<[string, typeof AWARE | typeof PLAIN, readonly ScriptedReply[], string | undefined]>([
    [
      "is what the model writes, without what it puts before it",
      PLAIN,
      [{ proposed_instruction: "New: Do it." }],
      "Do it.",
    ],
    ["loses two prefixes, as in DSPy", PLAIN, [{ proposed_instruction: 'Instruction: Task: "Do it."' }], "Do it."],
    ["comes after two descriptions where the program is told", AWARE, [PROGRAM_SAID, PART_SAID, PROPOSED], "Do it."],
    ["is none where it cannot be read", PLAIN, [NOISE], undefined],
    ["is none where it is empty", PLAIN, [{ proposed_instruction: "" }], undefined],
    ["is none where a prefix is all of it", PLAIN, [{ proposed_instruction: 'Instruction: " "' }], undefined],
    ["goes on where the program's description cannot be read", AWARE, [NOISE, PROPOSED], "Do it."],
    ["goes on where the predictor's cannot", AWARE, [PROGRAM_SAID, NOISE, PROPOSED], "Do it."],
  ])("%s", async (_what, grounds, script, wanted) => {
    const { ask, requests } = scriptedAsker(script);
    expect(await proposeInstruction(ask, grounds, OF)).toBe(wanted);
    expect(requests).toHaveLength(script.length);
    for (const { rolloutId, temperature } of requests)
      expect({ rolloutId, temperature }).toEqual({ rolloutId: 7, temperature: 1 });
  });

  test.each<[string, typeof AWARE | typeof PLAIN, Partial<ProposalOf>, readonly string[]]>([
    ["data", { ...PLAIN, summary: "Short." }, { tip: "" }, ["dataset_description", "task_demos", "basic_instruction"]],
    ["a tip", PLAIN, {}, ["task_demos", "basic_instruction", "tip"]],
    ["nothing", PLAIN, { tip: "", demoSets: [] }, ["task_demos", "basic_instruction"]],
  ])("is told of %s alone", async (_what, grounds, edits, fields) => {
    const { ask, requests } = scriptedAsker([PROPOSED]);
    await proposeInstruction(ask, grounds, { ...OF, ...edits });
    const [told = {}] = requests.map(shown);
    // The last line names the answer's own headers.
    expect(Object.keys(told)).toEqual(fields);
    expect(told["task_demos"]).toBe(edits.demoSets ? "No task demos provided." : "Query: q1\nAnswer: a1");
  });

  test("says so where nobody could describe the program", async () => {
    const { ask, requests } = scriptedAsker([NOISE, PROPOSED]);
    await proposeInstruction(ask, AWARE, OF);
    expect(requests.map(shown).at(-1)).toMatchObject({
      program_code: expect.stringContaining("program pipeline\n  part rewrite: predict") as string,
      program_description: "Not available",
      module: "Not provided",
      module_description: "Not provided",
    });
  });

  test("keeps what was said of the program where the predictor's description fails", async () => {
    const { ask, requests } = scriptedAsker([PROGRAM_SAID, NOISE, PROPOSED]);
    await proposeInstruction(ask, AWARE, OF);
    expect(requests.map(shown).at(-1)).toMatchObject({
      program_description: "It answers.",
      module: "Predict(query) -> answer",
      module_description: "Not provided",
    });
  });

  test("ends with what would befall every other call as well", async () => {
    const { ask } = scriptedAsker([new LmError("no", { code: "auth" })]);
    await expect(proposeInstruction(ask, PLAIN, OF)).rejects.toMatchObject({ code: "auth" });
  });

  test("is made for a predictor that is there", async () => {
    const { ask } = scriptedAsker([]);
    const asked = proposeInstruction(ask, PLAIN, { ...OF, predictor: "answer" });
    await expect(asked).rejects.toThrow(UsageError);
    await expect(asked).rejects.toThrow('no predictor at "answer"; there are rewrite, respond');
  });
});

describe("several proposals", () => {
  const MANY = ["rewrite", "respond"].flatMap((predictor) =>
    [0, 1, 2].map((rolloutId): ProposalOf => ({ ...OF, predictor, rolloutId })),
  );

  /** Answers the calls in flight in an order of the test's own, and notes in which they were asked. */
  function delayed(order: (calls: (() => void)[]) => (() => void)[]) {
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    let most = 0;
    const ask: Ask = <I extends object, O extends object>(asking: Program<I, O>, _: I, { rolloutId }: AskOptions) => {
      asked.push(`${asking.name} ${rolloutId}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (waiting.length === 0) queueMicrotask(() => order(waiting.splice(0)).forEach((go) => go()));
      waiting.push(resolve);
      most = Math.max(most, waiting.length);
      const [field = ""] = Object.keys({ ...PROGRAM_SAID, ...PART_SAID, ...PROPOSED }).filter((name) =>
        Object.values(asking.predictors()).some(({ signature: { outputFields } }) => outputFields[0]?.name === name),
      );
      // One output, which is the field that the program asks for.
      return promise.then(() => ({ [field]: `text ${rolloutId}` }) as O);
    };
    return { ask, asked, most: () => most };
  }

  test("are asked for side by side, in one order whatever the timing", async () => {
    const [forwards, backwards] = [delayed((calls) => calls), delayed((calls) => calls.toReversed())];
    const [first, second] = await Promise.all(
      [forwards, backwards].map(({ ask }) => proposeInstructions(ask, AWARE, MANY)),
    );
    expect(first).toEqual(MANY.map(({ rolloutId }) => `text ${rolloutId}`));
    expect(second).toEqual(first);
    expect(backwards.asked).toEqual(forwards.asked);
    expect(forwards.asked).toHaveLength(18);
    expect(forwards.most()).toBe(MANY.length);
  });

  test("fail one by one", async () => {
    const { ask, requests } = scriptedAsker([
      NOISE,
      PROGRAM_SAID,
      PROGRAM_SAID,
      NOISE,
      PART_SAID,
      PROPOSED,
      NOISE,
      { proposed_instruction: "Third." },
    ]);
    const three = MANY.slice(0, 3);
    expect(await proposeInstructions(ask, AWARE, three)).toEqual(["Do it.", undefined, "Third."]);
    expect(requests).toHaveLength(8);
    expect(requests.map(shown).at(-1)).toMatchObject({ module_description: "It responds." });
  });

  test("are none where none is asked for", async () => {
    expect(await proposeInstructions(scriptedAsker([]).ask, AWARE, [])).toEqual([]);
  });
});
