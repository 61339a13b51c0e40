import { describe, expect, test } from "vitest";
import {
  type Account,
  allowance,
  NEW_ACCOUNT,
  type TrialPart,
  withKinds,
} from "../../../src/teleprompters/job/allowance.ts";

const kind = "main";
const part = { kind, tokens: 100, usd: 0.01 };

function account(changes: {
  readonly calls?: number;
  readonly tokens?: number;
  readonly reserved?: number;
  readonly trials?: number;
  readonly most?: number;
}): Account {
  const { calls = 0, tokens = 0, reserved = 0, trials = 0, most = 0 } = changes;
  return {
    spent: { lmCalls: calls, tokens, usd: 0 },
    reserved: { lmCalls: reserved, tokens: 0, usd: 0 },
    kinds: trials === 0 ? new Map() : new Map([[kind, { trials, tokens, usd: 0 }]]),
    most,
  };
}

describe("an allowance", () => {
  const none = {};
  test.each([
    // budget, account, trials, alone → trials, calls of each
    ["no budget: all of them", none, NEW_ACCOUNT, 1_000, true, [1_000, 3]],
    ["plenty: all, with room for retries", { lmCalls: 300 }, NEW_ACCOUNT, 100, true, [100, 3]],
    ["plenty, also beside others", { lmCalls: 300 }, NEW_ACCOUNT, 100, false, [100, 3]],
    ["little: waits for those before it", { lmCalls: 299 }, NEW_ACCOUNT, 100, false, "wait"],
    ["little, alone: all, with what there is", { lmCalls: 299 }, NEW_ACCOUNT, 100, true, [100, 2]],
    ["less: as many as are sure to fit", { lmCalls: 60 }, NEW_ACCOUNT, 100, true, [60, 1]],
    [
      "a trial took four: that is the least",
      { lmCalls: 60 },
      account({ calls: 20, trials: 5, most: 4 }),
      100,
      true,
      [10, 4],
    ],
    ["nothing is left", { lmCalls: 60 }, account({ calls: 60, trials: 60, most: 1 }), 1, true, "cut"],
    ["less is left than one may take", { lmCalls: 60 }, account({ calls: 58, trials: 20, most: 3 }), 1, true, "cut"],
    ["what others have set aside is not there", { lmCalls: 60 }, account({ reserved: 60 }), 1, false, "wait"],
    ["tokens: by the guess at first", { tokens: 1_000 }, NEW_ACCOUNT, 100, true, [10, 3]],
    ["tokens: then by the mean", { tokens: 1_000 }, account({ tokens: 500, trials: 10 }), 100, true, [10, 3]],
    ["tokens: none left", { tokens: 1_000 }, account({ tokens: 1_001, trials: 10 }), 100, true, "cut"],
    ["dollars: by the guess at first", { usd: 0.055 }, NEW_ACCOUNT, 100, true, [5, 3]],
  ] as const)("%s", (_, budget, now, trials, alone, expected) => {
    const given = allowance(budget, now, { calls: 1, parts: [{ ...part, trials }] }, alone);
    expect(typeof given === "string" ? given : [given.trials, given.calls]).toEqual(expected);
  });

  test("never grants more LM calls than there are", () => {
    for (let left = 0; left < 200; left += 1)
      for (const trials of [1, 7, 50]) {
        const given = allowance({ lmCalls: left }, NEW_ACCOUNT, { calls: 3, parts: [{ ...part, trials }] }, true);
        const calls = typeof given === "string" ? 0 : given.trials * given.calls;
        expect(calls).toBeLessThanOrEqual(left);
      }
  });

  describe("of several kinds", () => {
    const dear = { kind: "dear", trials: 2, tokens: 100, usd: 1 };
    const cheap: TrialPart = { kind: "cheap", trials: 10, tokens: 100, usd: 0.01 };
    const wanted = { calls: 1, parts: [cheap, dear] };

    test("each is reserved at its own price, by the guess or by the mean of its own kind", () => {
      const plenty = allowance({ usd: 10 }, NEW_ACCOUNT, wanted, true);
      expect(plenty).toMatchObject({ trials: 12, reserve: { tokens: 1_200, usd: expect.closeTo(2.1) as number } });
      const kinds = new Map([["cheap", { trials: 100, tokens: 100, usd: 2 }]]);
      const known = allowance({ usd: 10 }, { ...NEW_ACCOUNT, kinds }, wanted, true);
      expect(known).toMatchObject({ trials: 12, reserve: { tokens: 210, usd: expect.closeTo(2.2) as number } });
    });

    test("as many as fit, from the first", () => {
      expect(allowance({ usd: 1.5 }, NEW_ACCOUNT, wanted, true)).toMatchObject({ trials: 11 });
      expect(allowance({ usd: 0.5 }, NEW_ACCOUNT, wanted, true)).toMatchObject({ trials: 10 });
      expect(allowance({ usd: 0.5 }, NEW_ACCOUNT, { ...wanted, parts: [dear, cheap] }, true)).toBe("cut");
      expect(allowance({ usd: 1.5 }, NEW_ACCOUNT, wanted, false)).toBe("wait");
    });

    test("what they took is told by kind; where that is not known, by their number", () => {
      const spent = { lmCalls: 12, tokens: 1_200, usd: 3 };
      const by = { cheap: { lmCalls: 10, tokens: 1_000, usd: 0.5 }, dear: { lmCalls: 2, tokens: 200, usd: 2.5 } };
      const once = withKinds(new Map(), wanted.parts, spent, by);
      expect(once.get("dear")).toEqual({ trials: 2, tokens: 200, usd: 2.5 });
      const twice = withKinds(once, wanted.parts, spent);
      expect(twice.get("dear")).toEqual({ trials: 4, tokens: 400, usd: 3 });
      expect(withKinds(once, [dear], spent).get("dear")).toEqual({ trials: 4, tokens: 1_400, usd: 5.5 });
    });
  });
});
