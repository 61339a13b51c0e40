import { inspect } from "node:util";
import { expect, test } from "vitest";
import { NO_USAGE } from "../../src/lm/language-model.ts";
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

test("what several calls cost is summed; the conversation is the last one's", () => {
  const about = { run: "run-2", path: "part", ms: 70 };
  const usage = { inputTokens: 10, outputTokens: 2, totalTokens: 12 };
  const last: PredictionMeta = { ...meta, usage, repairs: 1, mended: ["a: commas"], client: "kb", messages: [] };
  expect(combineMeta([{ ...meta, usage }, last], about)).toEqual({
    usage: { inputTokens: 20, outputTokens: 4, totalTokens: 24 },
    messages: [],
    attempts: 2,
    repairs: 1,
    mended: ["a: commas"],
    client: "kb",
    model: "m",
    adapter: "chat",
    ...about,
  });
  const search = { ...meta, client: "kb", model: "", adapter: "", usd: 0, attempts: 3 };
  const [cheap, dear] = [0.25, 0.5].map((usd) => ({ ...meta, usd }));
  expect(combineMeta([search, cheap!, dear!], about)).toMatchObject({ usd: 0.75, attempts: 2, client: "openai" });
  // A part of it would be told for the whole.
  expect(combineMeta([cheap!, meta], about)).not.toHaveProperty("usd");
  expect(combineMeta([], about)).toMatchObject({ usage: NO_USAGE, attempts: 0, client: "" });
});
