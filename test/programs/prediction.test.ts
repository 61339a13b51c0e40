import { inspect } from "node:util";
import { expect, test } from "vitest";
import { type LmUsage, NO_USAGE } from "../../src/lm/language-model.ts";
import type { LedgerEntry } from "../../src/lm/ledger/entry.ts";
import { makeLedger } from "../../src/lm/ledger/ledger.ts";
import { combineMeta, prediction } from "../../src/programs/prediction.ts";
import type { PredictionMeta } from "../../src/programs/prediction.ts";

const meta: PredictionMeta = {
  usage: NO_USAGE,
  messages: [{ role: "user", content: "secret" }],
  attempts: 1,
  repairs: 0,
  mended: [],
  client: "openai",
  model: "m",
  adapter: "chat",
  run: "run-1",
  path: "self",
  ms: 5,
};

test("a prediction shows its fields alone, wherever it is shown", () => {
  const made = prediction<{ answer: string; score: number }>({ answer: "Ann", score: 2 }, meta);
  expect(made).toEqual({ answer: "Ann", score: 2 });
  expect(made).toStrictEqual({ answer: "Ann", score: 2 });
  expect(JSON.stringify(made)).toBe('{"answer":"Ann","score":2}');
  expect(inspect(made)).toBe("{ answer: 'Ann', score: 2 }");
  expect({ ...made }).toEqual({ answer: "Ann", score: 2 });
  expect(made.$meta).toBe(meta);
});

test("a prediction is frozen", () => {
  const made = prediction<{ answer: string }>({ answer: "Ann" }, { ...meta });
  expect(Object.isFrozen(made) && Object.isFrozen(made.$meta)).toBe(true);
});

test("what a call of several took is its ledger's; the conversation is the last one's", () => {
  const about = { run: "run-2", path: "part", ms: 70 };
  const usage = { inputTokens: 10, outputTokens: 2, totalTokens: 12 };
  const ledger = makeLedger();
  const answered = (answer: { usage: LmUsage; usd?: number }) => {
    const entry = ledger.reserve({ request: { messages: [] }, model: "m", price: undefined });
    (entry as LedgerEntry).settle(answer);
  };
  answered({ usage, usd: 0.25 });
  answered({ usage, usd: 0.5 });
  const last: PredictionMeta = { ...meta, repairs: 1, mended: ["a: commas"], client: "kb", messages: [] };
  expect(combineMeta([meta, last], ledger, about)).toEqual({
    usage: { inputTokens: 20, outputTokens: 4, totalTokens: 24 },
    usd: 0.75,
    messages: [],
    attempts: 2,
    repairs: 1,
    mended: ["a: commas"],
    client: "kb",
    model: "m",
    adapter: "chat",
    ...about,
  });
  // A search has asked no model.
  const search = { ...meta, client: "kb", model: "", adapter: "" };
  expect(combineMeta([meta, search], ledger, about)).toMatchObject({ client: "openai" });
  // A part of it would be told for the whole.
  answered({ usage });
  expect(combineMeta([meta], ledger, about)).not.toHaveProperty("usd");
  expect(combineMeta([], makeLedger(), about)).toMatchObject({ usage: NO_USAGE, attempts: 0, client: "" });
});
