import { join } from "node:path";
import { expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { evaluate } from "../../src/evaluate/evaluate.ts";
import { examples } from "../../src/evaluate/load-examples.ts";
import { semanticF1 } from "../../src/evaluate/metrics/judges.ts";
import { exactMatch } from "../../src/evaluate/metrics/text-metrics.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { storeFolder } from "../foundation/store-folder.ts";

const QA = signature("question -> answer");
const set = examples(
  QA,
  Array.from({ length: 250 }, (_, index) => ({ question: `${"why ".repeat(100)}${index}`, answer: `a${index}` })),
);
const qa = predict(QA, { config: { maxTokens: 100 } });
const prices = { priced: { inputPerMillion: 1_000, outputPerMillion: 10_000 } };
const model = () => scripted(() => ({ answer: "a1" }), { model: "priced", identity: "here" });

test("says what an evaluation would take, and asks nothing; bare and in a system alike", async () => {
  const lm = model();
  const bare = await evaluate(qa, set, exactMatch("answer"), { clients: { lm }, prices, dryRun: true, samples: 2 });
  const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false, prices });
  const report = await system.evaluate(qa, set, exactMatch("answer"), { dryRun: true, samples: 2 });
  await system.stop();
  expect(lm.requests).toHaveLength(0);
  expect(report).toMatchObject({ trials: 0, partial: "dry_run", estimate: { trials: 500, lmCalls: 500 } });
  expect(bare.estimate).toEqual(report.estimate);
  const { inputTokens = 0, outputTokens, usd } = report.estimate ?? {};
  expect(outputTokens).toBe(50_000);
  // The question alone has a hundred words of four letters, blank included.
  expect(inputTokens / 500).toBeGreaterThan(200);
  expect(inputTokens / 500).toBeLessThan(350);
  expect(usd).toBeCloseTo(inputTokens / 1_000 + 500);
  // About right.
  const asked = await evaluate(qa, set.slice(0, 50), exactMatch("answer"), { clients: { lm }, prices });
  const real = asked.rows.reduce((sum, { prediction }) => sum + (prediction?.$meta.usage.inputTokens ?? 0), 0) / 50;
  expect(Math.abs(inputTokens / 500 / real - 1)).toBeLessThan(0.1);
});

test("counts each predictor of a program and of its judges; what has no price has no dollars", async () => {
  const lm = scripted(() => ({}), { identity: "here" });
  const two = program({
    name: "two",
    parts: {
      draft: predict(signature("question -> draft, note: list[str]")),
      answer: predict(signature("note: list[str], draft -> response")),
    },
    version: 1,
    async forward({ draft, answer }, { question }: { question: string }) {
      return answer(await draft({ question }));
    },
  });
  const on = examples(signature("question -> response"), [{ question: "q", response: "r" }]);
  const { estimate } = await evaluate(two, on, semanticF1(), { clients: { lm }, dryRun: true });
  expect(estimate).toMatchObject({ trials: 1, lmCalls: 3, usd: undefined });
  expect(lm.requests).toHaveLength(0);
});

test("what stands in the journal is not counted", async () => {
  const journal = join(storeFolder(), "dev.jsonl");
  const clients = { lm: model() };
  await evaluate(qa, set.slice(0, 50), exactMatch("answer"), { clients, journal });
  const { estimate } = await evaluate(qa, set, exactMatch("answer"), { clients, journal, dryRun: true });
  expect(estimate).toMatchObject({ trials: 200, lmCalls: 200 });
});

test("a client that is not there is told beforehand", async () => {
  const options = { clients: { lm: model() }, dryRun: true };
  await expect(evaluate(qa.with({ client: "other" }), set, exactMatch("answer"), options)).rejects.toMatchObject({
    code: "no_such_client",
  });
});
