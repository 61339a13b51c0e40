import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import {
  checkSampling,
  editSampling,
  type LmSampling,
  mergeSampling,
  SAMPLING_NAMES,
  SAMPLING_SCHEMA,
} from "../../src/lm/sampling.ts";

const EACH: Required<LmSampling> = {
  temperature: 0.3,
  maxTokens: 100,
  stop: ["x"],
  seed: -1,
  topP: 0.9,
  reasoningEffort: "low",
  logprobs: true,
  topLogprobs: 2,
  n: 1,
  repeatPenalty: 1.1,
  cache: false,
  rolloutId: "a",
  model: "ft:mini",
};

test("every option has its row, and is taken by itself, in code and in files", () => {
  expect([...SAMPLING_NAMES].toSorted()).toEqual(Object.keys(EACH).toSorted());
  for (const [name, value] of Object.entries(EACH)) {
    checkSampling("config", { [name]: value });
    expect(SAMPLING_SCHEMA.parse(JSON.parse(JSON.stringify({ [name]: value })))).toEqual({ [name]: value });
    expect(mergeSampling({}, { [name]: value })).toEqual({ [name]: value });
  }
});

describe("what makes no sense is misuse, said with what is right", () => {
  test.each<[config: unknown, message: string]>([
    [
      { temprature: 0 },
      'config: no sampling option "temprature" (did you mean "temperature"?); there are temperature,',
    ],
    [{ max_tokens: 5 }, 'no sampling option "max_tokens" (did you mean "maxTokens"?)'],
    [{ colour: "red" }, 'no sampling option "colour"; there are'],
    [{ temperature: "hot" }, 'config: temperature must be a number from 0, got "hot"'],
    [{ temperature: Number.NaN }, "temperature must be a number from 0, got NaN"],
    [{ temperature: null }, "temperature must be a number from 0, got null"],
    [{ temperature: -1 }, "got -1"],
    [{ maxTokens: 0 }, "maxTokens must be a whole number above 0, got 0"],
    [{ maxTokens: Infinity }, "maxTokens must be a whole number above 0, got Infinity"],
    [{ stop: "x" }, 'stop must be a list of texts, got "x"'],
    [{ stop: [1] }, "stop must be a list of texts, got [1]"],
    [{ seed: 1.5 }, "seed must be a whole number, got 1.5"],
    [{ topP: 2 }, "topP must be a number from 0 to 1, got 2"],
    [{ reasoningEffort: 3 }, 'reasoningEffort must be a word such as "low", got 3'],
    [{ logprobs: "yes" }, 'logprobs must be true or false, got "yes"'],
    [{ topLogprobs: 21 }, "topLogprobs must be a whole number from 0 to 20, got 21"],
    [{ n: 0 }, "n must be a whole number above 0"],
    [{ repeatPenalty: 0 }, "repeatPenalty must be a number above 0"],
    [{ cache: 1 }, "cache must be true or false, got 1"],
    [{ rolloutId: Number.NaN }, "rolloutId must be a number or a text, got NaN"],
    ["hot", 'config must be an object of sampling options, got "hot"'],
    [[], "config must be an object of sampling options, got []"],
    [null, "config must be an object of sampling options, got null"],
  ])("%o", (config, message) => {
    expect(() => checkSampling("config", config)).toThrow(UsageError);
    expect(() => checkSampling("config", config)).toThrow(message);
    expect(SAMPLING_SCHEMA.safeParse(config).success).toBe(false);
  });
});

test("undefined is fine for each, and says nothing", () => {
  const none = Object.fromEntries(SAMPLING_NAMES.map((name) => [name, undefined]));
  checkSampling("config", none);
  checkSampling("config", undefined);
  expect(Object.keys(mergeSampling({}, none))).toEqual([]);
  expect(mergeSampling(EACH, none)).toEqual(EACH);
  expect(editSampling(EACH, none)).toEqual(EACH);
});

test("the upper layer goes over the lower one, what is no option stays, and stops of both count", () => {
  const lower = { messages: [], temperature: 0, stop: ["\n"], maxTokens: 24 };
  expect(mergeSampling(lower, { temperature: 1, stop: ["x", "\n"] })).toEqual({
    messages: [],
    temperature: 1,
    stop: ["\n", "x"],
    maxTokens: 24,
  });
  expect(mergeSampling(lower, { stop: [] })).toEqual(lower);
});

test("edits replace the stops, and none of them take them away", () => {
  expect(editSampling({ stop: ["a"], seed: 1 }, { stop: ["b", "b"] })).toEqual({ stop: ["b"], seed: 1 });
  expect(editSampling({ stop: ["a"], seed: 1 }, { stop: [] })).toEqual({ seed: 1 });
});
