import { describe, expect, test } from "vitest";
import { LmError } from "../../../src/lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest } from "../../../src/lm/language-model.ts";
import type { LedgerEntry } from "../../../src/lm/ledger/entry.ts";
import { ledgeredLm } from "../../../src/lm/ledger/ledgered-lm.ts";
import { type Ledger, makeLedger } from "../../../src/lm/ledger/ledger.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { scriptedModel } from "../scripted-model.ts";

const request: LmRequest = { messages: [{ role: "user", content: "x".repeat(400) }] };
const usage = { inputTokens: 100, outputTokens: 50, totalTokens: 150 };

function asking(ledger: Ledger, lm: LanguageModel = scriptedModel({ usage, usd: 0.5 })) {
  const clock = testClock();
  return { clock, lm: ledgeredLm(lm, { name: "main", ledger, clock, price: undefined }) };
}

async function ask(lm: LanguageModel, how: "whole" | "streamed", options?: LmCallOptions): Promise<unknown> {
  if (how === "whole") return lm.generate(request, options);
  const chunks: LmChunk[] = [];
  for await (const chunk of lm.stream(request, options)) chunks.push(chunk);
  return chunks.at(-1);
}

describe.each(["whole", "streamed"] as const)("%s", (how) => {
  test("a request and its answer are written down, in the ledger of the part that asks", async () => {
    const ledger = makeLedger();
    const part = ledger.part();
    const seen: unknown[] = [];
    const plain = scriptedModel({ usage, usd: 0.5 });
    const watched: LanguageModel = {
      ...plain,
      generate: (asked, options) => (seen.push(options), plain.generate(asked, options)),
      stream: (asked, options) => (seen.push(options), plain.stream(asked, options)),
    };
    const { lm } = asking(ledger, watched);
    await ask(lm, how, { affinity: "a", ledger: part });
    await ask(lm, how);
    expect(part.report()).toEqual({ requests: 1, failures: 0, hedges: 0, tokens: usage, usd: 0.5 });
    expect(ledger.report()).toMatchObject({ requests: 2, usd: 1 });
    // No model is told of ledgers.
    expect(seen).toEqual([{ affinity: "a" }, {}]);
  });

  test("one that fails is a failure, and one that the budget refuses is not made", async () => {
    const ledger = makeLedger({ budget: { lmCalls: 1 } });
    const failure = new LmError("no", { code: "server" });
    const failing: LanguageModel = {
      ...scriptedModel({}),
      generate: () => Promise.reject(failure),
      // oxlint-disable-next-line require-yield -- it fails before its first piece.
      async *stream() {
        throw failure;
      },
    };
    const { lm } = asking(ledger, failing);
    await expect(ask(lm, how)).rejects.toBe(failure);
    await expect(ask(lm, how)).rejects.toMatchObject({ code: "budget_exceeded" });
    expect(ledger.report()).toMatchObject({ requests: 1, failures: 1 });
  });

  test("one that failed and was paid for stands there with what it cost, as it does for the budget", async () => {
    const ledger = makeLedger({ budget: { tokens: 250 } });
    const failure = new LmError("withheld", { code: "content_filter", details: { usage, usd: 0.25 } });
    const failing: LanguageModel = {
      ...scriptedModel({}),
      generate: () => Promise.reject(failure),
      async *stream() {
        yield { type: "text", text: "so far" };
        throw failure;
      },
    };
    const { lm } = asking(ledger, failing);
    await expect(ask(lm, how)).rejects.toBe(failure);
    expect(ledger.report()).toEqual({ requests: 1, failures: 1, hedges: 0, tokens: usage, usd: 0.25 });
    await expect(ask(lm, how)).rejects.toMatchObject({ code: "budget_exceeded" });
  });

  test("one that waits for its turn ends with its signal, and when it is too late to begin", async () => {
    const ledger = makeLedger({ budget: { tokens: 10_000 } });
    const { lm, clock } = asking(ledger);
    // Somebody's answer is out.
    void ledger.reserve({ request, model: "m", price: undefined });
    const abort = new AbortController();
    const waiting = [
      ask(lm, how, { signal: abort.signal }),
      ask(lm, how, { startBy: 50 }),
      ask(lm, how, { signal: AbortSignal.abort() }),
    ].map((each) => expect(each).rejects.toMatchObject({ code: expect.stringMatching(/cancelled|timeout/) as string }));
    await clock.settle();
    abort.abort();
    await clock.advance(50);
    await Promise.all(waiting);
    expect(ledger.report().requests).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

test("a stream that is left while it waits for its turn gives up its place", async () => {
  const ledger = makeLedger({ budget: { tokens: 10_000 } });
  const first = ledger.reserve({ request, model: "m", price: undefined }) as LedgerEntry;
  const { lm } = asking(ledger);
  const left = lm.stream(request)[Symbol.asyncIterator]();
  const pending = left.next();
  await left.return?.();
  await expect(pending).rejects.toMatchObject({ code: "cancelled" });
  first.settle();
  await lm.generate(request);
  expect(ledger.report()).toMatchObject({ requests: 1, failures: 0 });
});

test("a stream that is left is over, and nothing stays set aside", async () => {
  const ledger = makeLedger({ budget: { tokens: 10_000 } });
  const { lm } = asking(ledger);
  for await (const _chunk of lm.stream(request)) break;
  expect(ledger.report()).toMatchObject({ requests: 1, failures: 1 });
  await lm.generate(request);
  expect(ledger.report()).toMatchObject({ requests: 2, failures: 1 });
});
