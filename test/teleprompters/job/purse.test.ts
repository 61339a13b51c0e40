import { describe, expect, test } from "vitest";
import { NOTHING, type Grant, type Wanted } from "../../../src/teleprompters/job/allowance.ts";
import { makePurse, type Purse } from "../../../src/teleprompters/job/purse.ts";

/** So many trials that cost a dollar each, of which one call is wanted each. */
function wanted(trials: number): Promise<Wanted> {
  return Promise.resolve({ calls: 1, parts: [{ kind: "k", trials, tokens: 0, usd: 1 }] });
}

/** Asks for the grant of one, and tells of it as soon as it has it. */
function asking(purse: Purse, ask: number, trials: number): { grant?: Grant } {
  const seen: { grant?: Grant } = {};
  void purse.admit(ask, wanted(trials)).then((grant) => (seen.grant = grant));
  return seen;
}

function delivered(purse: Purse, ask: number, lmCalls: number, most: number): void {
  const spent = { ...NOTHING, lmCalls };
  purse.took(ask, spent);
  purse.delivered(ask, { is: "it", about: "it", seen: [], spent, most });
}

describe("where there is plenty", () => {
  test("what is asked for next need not wait for what is under way", async () => {
    const purse = makePurse({ lmCalls: 1_000 });
    const asked = [asking(purse, 1, 4), asking(purse, 2, 4)];
    await purse.settled();
    expect(asked.map(({ grant }) => grant?.trials)).toEqual([4, 4]);
  });
});

test("a trial is granted no fewer calls than one has made before", async () => {
  const purse = makePurse({ lmCalls: 100 });
  const first = asking(purse, 1, 1);
  await purse.settled();
  expect(first.grant?.calls).toBe(3);
  delivered(purse, 1, 5, 5);
  // Three times five, where one call is wanted.
  const second = asking(purse, 2, 2);
  await purse.settled();
  expect(second.grant).toMatchObject({ trials: 2, calls: 15 });
});

describe("where there is not enough for all that are asked for", () => {
  test("what comes next waits until all before it is delivered, and has its own part then", async () => {
    const purse = makePurse({ usd: 5 });
    const [first, second] = [asking(purse, 1, 4), asking(purse, 2, 4)];
    await purse.settled();
    expect([first.grant?.trials, second.grant]).toEqual([4, undefined]);
    purse.took(1, { ...NOTHING, usd: 4 });
    purse.delivered(1, { is: "it", about: "it", seen: [], spent: { ...NOTHING, usd: 4 }, most: 1 });
    await purse.settled();
    expect(second.grant?.trials).toBe(1);
  });

  test("an ask that is answered from the records reserves what it did", async () => {
    const purse = makePurse({ usd: 5 });
    purse.reserve(1, wanted(4));
    const second = asking(purse, 2, 4);
    await purse.settled();
    expect(second.grant).toBeUndefined();
    purse.delivered(1, { is: "it", about: "it", seen: [], spent: { ...NOTHING, usd: 1 }, most: 1 });
    await purse.settled();
    // A trial of them took a quarter of a dollar, so that there is room for all.
    expect(second.grant?.trials).toBe(4);
  });
});
