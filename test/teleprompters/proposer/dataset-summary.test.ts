import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import { textOf } from "../../../src/lm/message.ts";
import type { ScriptedReply } from "../../../src/testing/scripted-reply.ts";
import { summarizeDataset } from "../../../src/teleprompters/proposer/dataset-summary.ts";
import { NOISE, scriptedAsker } from "./scripted-asker.ts";

function examples(count: number) {
  return Array.from({ length: count }, (_, place) => ({
    id: String(place),
    inputs: { q: `question ${place}` },
    labels: { a: "x" },
    tags: {},
  }));
}

const SAID = { observations: "Seen. " };
const COMPLETE = { observations: "complete: nothing to add" };
const SUMMARY = { summary: "Summary: All of it." };

function times(count: number, reply: ScriptedReply): ScriptedReply[] {
  return Array.from({ length: count }, () => reply);
}

// What is asked is held against DSPy in test/dspy.
describe("a dataset's summary", () => {
  test.each<[string, number, number, readonly ScriptedReply[], string | undefined]>([
    ["no examples, no calls", 0, 10, [], undefined],
    ["one batch", 10, 10, [SAID, SUMMARY], "All of it."],
    ["the last batch may be smaller", 11, 10, [SAID, SAID, SUMMARY], "All of it."],
    ["ten batches at most", 50, 2, [...times(10, SAID), SUMMARY], "All of it."],
    ["five with nothing to add are enough", 50, 2, [SAID, ...times(5, COMPLETE), SUMMARY], "All of it."],
    ["the first cannot be read", 30, 10, [NOISE], undefined],
    ["the first says nothing", 30, 10, [{ observations: "" }], undefined],
    ["a further one cannot be read", 30, 10, [SAID, NOISE, SUMMARY], "All of it."],
    ["the summary cannot be read", 10, 10, [SAID, NOISE], undefined],
    ["the summary says nothing", 10, 10, [SAID, { summary: '""' }], undefined],
  ])("%s", async (_what, count, batchSize, script, wanted) => {
    const { ask, requests } = scriptedAsker(script);
    expect(await summarizeDataset(ask, examples(count), { batchSize })).toBe(wanted);
    expect(requests).toHaveLength(script.length);
  });

  test("is made of what was observed before a batch that came to nothing", async () => {
    const script = [{ observations: "One." }, { observations: "Two." }, NOISE, SUMMARY];
    const { ask, requests } = scriptedAsker(script);
    await summarizeDataset(ask, examples(50));
    expect(requests.map(({ messages }) => textOf(messages.at(-1)?.content ?? "")).at(-1)).toContain("One.Two.");
  });

  test("shows ten examples at once where nothing else is said", async () => {
    const { ask, requests } = scriptedAsker([SAID, SAID, SUMMARY]);
    await summarizeDataset(ask, examples(12));
    const shown = requests.map(({ messages }) => textOf(messages.at(-1)?.content ?? "").split("Example(").length - 1);
    expect(shown).toEqual([10, 2, 0]);
  });

  test("is asked of a batch of one example at least", async () => {
    const { ask } = scriptedAsker([]);
    await expect(summarizeDataset(ask, examples(2), { batchSize: 0 })).rejects.toThrow("batchSize must be");
  });

  test("ends with what would befall every other call as well", async () => {
    const { ask } = scriptedAsker([SAID, new LmError("spent", { code: "budget_exceeded" })]);
    await expect(summarizeDataset(ask, examples(20))).rejects.toMatchObject({ code: "budget_exceeded" });
  });
});
