import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import type { Budget } from "../../../src/lm/budget.ts";
import { cancelledError, LmError } from "../../../src/lm/failure.ts";
import type { LmRequest, LmUsage } from "../../../src/lm/language-model.ts";
import type { LedgerEntry, LedgerWait } from "../../../src/lm/ledger/entry.ts";
import { isWait, type Ledger, makeLedger } from "../../../src/lm/ledger/ledger.ts";
import type { CostOf } from "../../../src/lm/prices.ts";

/** 100 tokens by its length. */
const request: LmRequest = { messages: [{ role: "user", content: "x".repeat(400) }] };
const price: CostOf = ({ inputTokens, outputTokens }) => (inputTokens + 10 * outputTokens) / 1e6;
const answer = (inputTokens: number, outputTokens: number): { usage: LmUsage; usd: number } => {
  const usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
  return { usage, usd: price(usage) };
};
const untold = { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } };

interface AskOptions {
  readonly beside?: Ledger;
  readonly asked?: LmRequest;
  readonly hedge?: boolean;
}

function reserve(ledger: Ledger, { beside, hedge, asked = request }: AskOptions = {}): LedgerEntry | LedgerWait {
  return ledger.reserve({ request: asked, model: "m", price, beside, hedge });
}

/** One that goes at once. */
function begin(ledger: Ledger, options?: AskOptions): LedgerEntry {
  const reserved = reserve(ledger, options);
  if (isWait(reserved)) throw new Error("it waits");
  return reserved;
}

/** One that goes at once, and is under way. */
function send(ledger: Ledger, options?: AskOptions): LedgerEntry {
  const entry = begin(ledger, options);
  entry.sent();
  return entry;
}

/** What became of one that had to wait: `waits`, `goes`, or its failure's code. */
function waiting(ledger: Ledger, options?: AskOptions): { state: string; entry?: LedgerEntry; leave(): void } {
  const reserved = reserve(ledger, options);
  if (!isWait(reserved)) throw new Error("it does not wait");
  const told: { state: string; entry?: LedgerEntry; leave(): void } = {
    state: "waits",
    leave: () => reserved.leave(cancelledError()),
  };
  reserved.ready.then(
    (entry) => Object.assign(told, { state: "goes", entry }),
    (failure: LmError) => Object.assign(told, { state: failure.code }),
  );
  return told;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** How many pass, one after the other, before one is refused, each costing 100 tokens in and 50 out. */
function passing(budget: Budget, asked: LmRequest = request): number {
  const ledger = makeLedger({ budget });
  for (let made = 0; made < 100; made += 1) {
    try {
      send(ledger, { asked }).settle(answer(100, 50));
    } catch (thrown) {
      if (thrown instanceof LmError && thrown.code === "budget_exceeded") return made;
      throw thrown;
    }
  }
  return Infinity;
}

/**
 * Asks for so many at once. They are over one at a time, the oldest first, each with its answer; until none is left.
 * Gives the most that were under way at once, and how many there were.
 */
async function play(
  ledger: Ledger,
  count: number,
  answerOf: (index: number) => { usage: LmUsage; usd?: number },
  options?: AskOptions,
): Promise<{ made: number; most: number }> {
  const underWay: LedgerEntry[] = [];
  const go = (entry: LedgerEntry): void => {
    entry.sent();
    underWay.push(entry);
  };
  for (let at = 0; at < count; at += 1) {
    try {
      const reserved = reserve(ledger, options);
      if (isWait(reserved)) reserved.ready.then(go, () => {});
      else go(reserved);
    } catch (thrown) {
      if (!(thrown instanceof LmError)) throw thrown;
    }
  }
  let most = 0;
  let made = 0;
  for (;;) {
    most = Math.max(most, underWay.length);
    const entry = underWay.shift();
    if (entry === undefined) return { made, most };
    entry.settle(answerOf(made));
    made += 1;
    await turns();
  }
}

describe("one after the other, the request that would pass the budget is refused", () => {
  test.each<[string, Budget, number]>([
    ["no limit", {}, Infinity],
    ["requests", { lmCalls: 3 }, 3],
    ["none at all", { lmCalls: 0 }, 0],
    // 150 each.
    ["tokens", { tokens: 450 }, 3],
    ["tokens, one short", { tokens: 449 }, 2],
    ["a prompt that is too long by itself", { tokens: 99 }, 0],
    // 0.0006 each.
    ["dollars", { usd: 0.0019 }, 3],
    ["the narrowest of several", { lmCalls: 5, tokens: 10_000, usd: 0.0013 }, 2],
  ])("%s", (_what, budget, requests) => {
    expect(passing(budget)).toBe(requests);
  });

  test("with maxTokens its answer's room counts before it is made", () => {
    expect(passing({ tokens: 300 }, { ...request, maxTokens: 200 })).toBe(1);
    expect(passing({ tokens: 299 }, { ...request, maxTokens: 200 })).toBe(0);
    expect(passing({ tokens: 499 }, { ...request, maxTokens: 200, n: 2 })).toBe(0);
  });

  test("dollars need a price", () => {
    const asked = { request, model: "mystery", price: undefined };
    expect(() => makeLedger({ budget: { usd: 1 } }).reserve(asked)).toThrow(
      new UsageError('budget.usd: no price is known for the model "mystery"; add it to startSystem({ prices })'),
    );
    expect(() =>
      makeLedger({ budget: { usd: 1 }, whose: "the system" })
        .open()
        .reserve(asked),
    ).toThrow(/^the system: budget\.usd: no price/);
    makeLedger({ budget: { tokens: 1_000 } }).reserve(asked);
  });
});

describe("side by side", () => {
  test.each<[string, Budget, LmRequest, number]>([
    ["tokens", { tokens: 12_000 }, request, 1_000],
    ["dollars", { usd: 0.1 }, request, 1_000],
    ["tokens with maxTokens", { tokens: 12_000 }, { ...request, maxTokens: 1_000 }, 1_000],
    ["requests", { lmCalls: 7 }, request, 1_000],
    ["short ones first", { tokens: 12_000 }, request, 10],
  ])("%s: fifty that are asked for at once pass it by one answer at most", async (_what, budget, asked, first) => {
    const ledger = makeLedger({ budget });
    const { most } = await play(ledger, 50, (index) => answer(100, index === 0 ? first : 1_000), { asked });
    const { tokens, usd, requests } = ledger.report();
    expect(tokens.totalTokens).toBeLessThanOrEqual((budget.tokens ?? Infinity) + 1_100);
    expect(usd).toBeLessThanOrEqual((budget.usd ?? Infinity) + 0.0101);
    expect(requests).toBeLessThanOrEqual(budget.lmCalls ?? Infinity);
    // And not one after the other.
    expect(most).toBeGreaterThan(2);
    expect(tokens.totalTokens).toBeGreaterThan(0.8 * Math.min(budget.tokens ?? Infinity, 7 * 1_100));
  });

  test("prompts that are longer than their estimate pass it by one answer at most", async () => {
    const ledger = makeLedger({ budget: { tokens: 12_000 } });
    await play(ledger, 50, () => answer(900, 100));
    expect(ledger.report().tokens.totalTokens).toBeLessThanOrEqual(13_000);
  });

  test("where no answer's length is known the first goes alone, and the others as it tells", async () => {
    const ledger = makeLedger({ budget: { tokens: 1_000_000 } });
    const first = send(ledger);
    const others = [waiting(ledger), waiting(ledger), waiting(ledger)];
    await turns();
    expect(others.map(({ state }) => state)).toEqual(["waits", "waits", "waits"]);
    first.settle();
    await turns();
    // It failed, and told of no length.
    expect(others.map(({ state }) => state)).toEqual(["goes", "waits", "waits"]);
    others[0]?.entry?.settle(answer(100, 50));
    await turns();
    expect(others.map(({ state }) => state)).toEqual(["goes", "goes", "goes"]);
  });

  test("nobody waits where answers are bounded and there is room, nor for a budget of requests", () => {
    const ledger = makeLedger({ budget: { tokens: 1_000, lmCalls: 5 } });
    const asked = { ...request, maxTokens: 100 };
    for (let at = 0; at < 5; at += 1) send(ledger, { asked });
    expect(ledger.sent).toBe(5);
    // All five are sent, so nothing that is under way can make room.
    expect(() => reserve(ledger, { asked })).toThrow("lmCalls 5, spent so far: 5 requests");
  });

  test("one that does not fit beside the others waits, first come first served, and is refused when it cannot fit", async () => {
    const ledger = makeLedger({ budget: { tokens: 600 } });
    const large = { ...request, maxTokens: 300 };
    const small = { ...request, maxTokens: 50 };
    const first = send(ledger, { asked: large });
    const second = waiting(ledger, { asked: large });
    const third = waiting(ledger, { asked: small });
    // 400 and 150 would fit: but the second was there before.
    await turns();
    expect([second.state, third.state]).toEqual(["waits", "waits"]);
    // Its answer was shorter than its room.
    first.settle(answer(100, 20));
    await turns();
    expect([second.state, third.state]).toEqual(["goes", "waits"]);
    second.entry?.settle(answer(100, 300));
    await turns();
    // 520 are spent.
    expect(third.state).toBe("budget_exceeded");
  });

  test("what is refused in any case does not wait", () => {
    const ledger = makeLedger({ budget: { tokens: 500 } });
    send(ledger, { asked: { ...request, maxTokens: 200 } });
    expect(() => reserve(ledger, { asked: { ...request, maxTokens: 401 } })).toThrow(
      "tokens 500, spent so far: 0 tokens",
    );
  });

  test("whoever leaves the line gives up its place, and its turn when that has come", async () => {
    const ledger = makeLedger({ budget: { tokens: 10_000 } });
    const first = send(ledger);
    const line = [waiting(ledger), waiting(ledger), waiting(ledger)];
    line[0]?.leave();
    await turns();
    expect(line.map(({ state }) => state)).toEqual(["cancelled", "waits", "waits"]);
    first.settle();
    // Its turn has come, and it has not heard of it.
    line[1]?.leave();
    await turns();
    expect(line.map(({ state }) => state)).toEqual(["cancelled", "cancelled", "goes"]);
    expect(ledger.report().requests).toBe(1);
  });

  test("it fits all budgets: of its own ledger, of those above, and of its client", async () => {
    const system = makeLedger({ budget: { lmCalls: 3 }, whose: "the system" });
    const client = makeLedger({ budget: { lmCalls: 2 }, whose: 'client "c"' });
    const run = system.open({ budget: { lmCalls: 1 } });
    send(run, { beside: client }).settle();
    expect(() => reserve(run, { beside: client })).toThrow("pass the budget: lmCalls 1");
    send(system.open(), { beside: client }).settle();
    expect(() => reserve(system.open(), { beside: client })).toThrow('pass the budget of client "c": lmCalls 2');
    send(system.open()).settle();
    expect(() => reserve(system.open())).toThrow("pass the budget of the system: lmCalls 3");
  });

  test("one that waits in one ledger and then in another holds up nobody, and is not forgotten", async () => {
    const asked = { ...request, maxTokens: 100 };
    const system = makeLedger({ budget: { tokens: 450 } });
    const client = makeLedger({ budget: { tokens: 250 } });
    const a = send(system.open(), { asked, beside: client });
    const b = send(system.open(), { asked });
    const both = waiting(system.open(), { asked, beside: client });
    const other = waiting(system.open(), { asked });
    b.settle(answer(1, 1));
    await turns();
    // Its place in the system's line is free, and it goes on to its client's.
    expect([both.state, other.state]).toEqual(["waits", "goes"]);
    a.settle(answer(1, 1));
    await turns();
    expect(both.state).toBe("goes");
  });
});

describe("what is counted", () => {
  test("stands in every ledger of the chain, and in the client's, at the same moment", () => {
    const system = makeLedger();
    const program = system.open();
    const run = program.open();
    const part = run.part();
    const client = makeLedger();
    const entry = send(part, { beside: client });
    for (const ledger of [system, program, run, part, client])
      expect([ledger.sent, ledger.report().requests]).toEqual([1, 0]);
    expect(run.spent()).toEqual({ lmCalls: 0, tokens: 0, usd: 0 });
    entry.settle(answer(90, 10));
    const used = { requests: 1, failures: 0, hedges: 0, tokens: answer(90, 10).usage, usd: 0.00019 };
    for (const ledger of [system, program, run, part, client]) expect(ledger.report()).toEqual(used);
    send(run).settle();
    expect(part.report()).toEqual(used);
    expect(run.report()).toEqual({ ...used, requests: 2, failures: 1 });
  });

  test("of a run that is part of another and of a program of its own stands once in what both have above them", () => {
    const system = makeLedger();
    const [outer, program] = [system.open().open(), system.open({ budget: { lmCalls: 2 }, whose: "the program" })];
    const inner = outer.open({ also: program });
    send(inner).settle(answer(90, 10));
    for (const ledger of [system, outer, program, inner]) expect(ledger.report()).toMatchObject({ requests: 1 });
    send(program).settle();
    expect(() => reserve(inner)).toThrow("the budget of the program");
  });

  test("what was never sent is in no count, and its room is free again", () => {
    const ledger = makeLedger({ budget: { lmCalls: 1, tokens: 150 } });
    begin(ledger).settle();
    expect(ledger.report()).toMatchObject({ requests: 0, failures: 0 });
    send(ledger).settle(answer(100, 50));
    expect(ledger.report()).toMatchObject({ requests: 1, failures: 0 });
  });

  test("a hedge is a request like any other, and counted as a hedge once it is sent", () => {
    const ledger = makeLedger();
    const first = send(ledger);
    begin(ledger, { hedge: true }).settle();
    expect([ledger.sent, ledger.report().hedges]).toEqual([1, 0]);
    const second = send(ledger, { hedge: true });
    second.settle(answer(100, 50));
    first.settle();
    expect(ledger.report()).toMatchObject({ requests: 2, failures: 1, hedges: 1, tokens: { totalTokens: 150 } });
  });

  test("an answer that tells no tokens is charged by its estimate, and is not priced for sure", () => {
    const ledger = makeLedger();
    send(ledger, { asked: { ...request, maxTokens: 50 } }).settle(untold);
    expect(ledger.record()).toMatchObject({ tokens: answer(100, 50).usage, usd: 0.0006, unpriced: 1 });
    const said = { text: "y".repeat(40), finishReason: "stop" as const };
    send(ledger).settle({ ...untold, completions: [said] });
    expect(ledger.report().tokens).toEqual(answer(200, 60).usage);
    // The cache gave it.
    send(ledger).settle({ usage: { ...untold.usage, cacheHits: 1 }, usd: 0 });
    expect(ledger.record()).toMatchObject({ tokens: { totalTokens: 260, cacheHits: 1 }, unpriced: 2 });
  });

  test("one without a price says so", () => {
    const ledger = makeLedger();
    const entry = ledger.reserve({ request, model: "m", price: undefined }) as LedgerEntry;
    entry.settle({ usage: answer(100, 50).usage });
    expect(ledger.record()).toMatchObject({ requests: 1, usd: 0, unpriced: 1 });
  });

  test("one that failed is charged what its failure tells, and is nothing where that tells nothing", () => {
    const client = makeLedger();
    const ledger = makeLedger({ budget: { tokens: 500 } });
    const { usage, usd } = answer(100, 150);
    const failure = new LmError("withheld", { code: "content_filter", details: { usage, usd } });
    send(ledger, { beside: client }).fail(failure);
    const used = { requests: 1, failures: 1, hedges: 0, tokens: usage, usd };
    expect([ledger.report(), client.report()]).toEqual([used, used]);
    expect(ledger.record()).toMatchObject({ unpriced: 0, longestAnswer: 150 });
    send(ledger).fail(new LmError("no", { code: "server" }));
    send(ledger).fail(new LmError("no", { code: "server", details: { usage: { inputTokens: -1 } } }));
    expect(ledger.report()).toMatchObject({ requests: 3, failures: 3, tokens: usage, usd });
    send(ledger).fail(new LmError("withheld", { code: "content_filter", details: { usage: answer(0, 1).usage } }));
    expect(ledger.record()).toMatchObject({ unpriced: 1 });
    expect(() => begin(ledger)).toThrow("tokens 500, spent so far: 251 tokens");
  });

  test("it is over once: what is told later changes nothing", () => {
    const ledger = makeLedger();
    const entry = send(ledger);
    entry.settle(answer(100, 50));
    entry.settle(answer(100, 50));
    entry.settle();
    entry.sent();
    expect(ledger.report()).toMatchObject({ requests: 1, failures: 0, tokens: { totalTokens: 150 } });
  });

  test("a search is no request; what it takes counts, and no more is begun than the budget has room for", () => {
    const kb = makeLedger();
    const ledger = makeLedger({ budget: { tokens: 25, lmCalls: 0 } });
    const search = () => {
      const entry = ledger.search(kb) as LedgerEntry;
      entry.sent();
      return entry;
    };
    search().settle({ usage: answer(10, 0).usage, usd: 0.5 });
    search().settle({ usage: answer(10, 0).usage, usd: 0.5 });
    const used = { requests: 0, failures: 0, hedges: 0, searches: 2, tokens: answer(20, 0).usage, usd: 1 };
    expect([ledger.report(), kb.report()]).toEqual([used, used]);
    expect(() => ledger.search(kb)).toThrow("tokens 25, spent so far: 20 tokens");
    // One of a retriever that takes nothing is never in the way.
    (ledger.search(makeLedger()) as LedgerEntry).settle();
  });

  test("what an earlier life has spent counts in this life's ledgers, its budget included, and in none above", () => {
    const system = makeLedger();
    const run = system.open({ budget: { lmCalls: 3 } });
    const part = run.part().part();
    part.replayed({ requests: 2, searches: 1, usage: answer(100, 50).usage, usd: 0.5 });
    const used = { requests: 2, failures: 0, hedges: 0, searches: 1, tokens: answer(100, 50).usage, usd: 0.5 };
    for (const ledger of [part, run]) expect(ledger.report()).toEqual(used);
    expect(system.report()).toMatchObject({ requests: 0, usd: 0 });
    part.replayed({ requests: 1, searches: 0, usage: answer(1, 1).usage, usd: undefined });
    expect(run.record().unpriced).toBe(1);
    expect(() => reserve(run)).toThrow("lmCalls 3, spent so far: 3 requests");
  });

  test("what a cache gave, and what is nobody's request", () => {
    const ledger = makeLedger();
    ledger.open().hit();
    ledger.open().add(answer(7, 0).usage, 0.1);
    expect(ledger.report()).toEqual({
      requests: 0,
      failures: 0,
      hedges: 0,
      tokens: { ...answer(7, 0).usage, cacheHits: 1 },
      usd: 0.1,
    });
  });
});

describe("a ledger that is closed", () => {
  test("leaves nothing set aside in those above it, nor anybody waiting", async () => {
    const system = makeLedger({ budget: { tokens: 450 } });
    const run = system.open();
    const asked = { ...request, maxTokens: 100 };
    const sent = send(run, { asked });
    begin(run.part(), { asked });
    const waits = [waiting(run, { asked }), waiting(system.open(), { asked })];
    run.close();
    await turns();
    expect(waits.map(({ state }) => state)).toEqual(["cancelled", "goes"]);
    // The one that was sent is a request of which nobody knows what it cost.
    expect(run.report()).toMatchObject({ requests: 1, failures: 1, tokens: { totalTokens: 0 } });
    sent.settle(answer(100, 50));
    expect(run.report()).toMatchObject({ requests: 1, failures: 1, tokens: { totalTokens: 0 } });
    send(system, { asked });
    expect(() => reserve(run)).toThrow(expect.objectContaining({ code: "cancelled" }) as Error);
    expect(() => run.part().search()).toThrow(expect.objectContaining({ code: "cancelled" }) as Error);
  });

  test("takes back a turn that nobody has taken", async () => {
    const system = makeLedger({ budget: { tokens: 10_000 } });
    const first = send(system.open());
    const run = system.open();
    const waits = waiting(run);
    first.settle();
    run.close();
    await turns();
    expect(waits.state).toBe("cancelled");
    begin(system);
  });
});

test("it goes on from its record, which is plain data", async () => {
  const ledger = makeLedger({ budget: { tokens: 1_000 } });
  send(ledger).settle(answer(100, 50));
  send(ledger).settle();
  ledger.hit();
  const record = JSON.parse(JSON.stringify(ledger.record())) as ReturnType<Ledger["record"]>;
  const again = makeLedger({ budget: { lmCalls: 3, tokens: 10_000 }, spent: record });
  expect(again.record()).toEqual(ledger.record());
  expect(again.report()).toEqual(ledger.report());
  // It knows how long answers are: nobody has to go alone.
  begin(again).settle();
  send(again);
  expect(() => reserve(again)).toThrow("lmCalls 3, spent so far: 3 requests");
});
