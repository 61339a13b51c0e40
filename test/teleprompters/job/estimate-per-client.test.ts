// Whoever is asked has prices of its own, and what proposers are shown a length of its own.
import { describe, expect, test } from "vitest";
import { replyTo, SUBJECTS, student, trainerAt, trainset, valset } from "../../../scripts/crash-matrix/subjects.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { exactMatch } from "../../../src/evaluate/metrics/text-metrics.ts";
import { estimateInputTokens } from "../../../src/lm/estimate-tokens.ts";
import type { PriceTable } from "../../../src/lm/prices.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { bootstrapFewShot } from "../../../src/teleprompters/few-shot/bootstrap-few-shot.ts";
import { inferRules } from "../../../src/teleprompters/infer-rules/infer-rules.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { runsOf } from "../../../src/teleprompters/search-plan.ts";
import type { Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { QA, qa, set, tries } from "./tries.ts";

const metric = exactMatch("answer");

/** A dollar for each token of a prompt, of one model alone: what an estimate costs is what that one is sent. */
function dollarsFor(model: string): PriceTable {
  const free = { inputPerMillion: 0, outputPerMillion: 0 };
  return { main: free, other: free, [model]: { inputPerMillion: 1e6, outputPerMillion: 0 } };
}

function clients() {
  return { main: scripted([], { model: "main" }), other: scripted([], { model: "other" }) };
}

async function usdOf(
  teleprompter: Teleprompter<object, { answer: string }>,
  model: string,
  options: { readonly client?: string; readonly trainset?: typeof set; readonly program?: typeof qa } = {},
): Promise<number> {
  const { client = "main", trainset: own = set, program = qa } = options;
  const prices = dollarsFor(model);
  const job = compile(teleprompter, program, { trainset: own, clients: clients(), client, prices, dryRun: true });
  return (await job.estimate())?.usd ?? Number.NaN;
}

test("calls that nobody tells more of cost what the student's calls would at that client", async () => {
  const planned = tries(["shout"], { plan: () => ({ trials: 4, proposals: [{ runs: 2, client: "other" }] }) });
  const [main, other] = [await usdOf(planned, "main"), await usdOf(planned, "other")];
  expect(main).toBeGreaterThan(100);
  expect(other).toBeCloseTo(main / 2, 6);
});

test("a teacher's runs are priced as whoever it asks, with its own prompts", async () => {
  const metricOf = { metric, maxBootstrappedDemos: 4 };
  const alone = bootstrapFewShot<object, { answer: string }>(metricOf);
  const wordy = predict(QA, { client: "other" }).with({ instructions: "word ".repeat(400) });
  const asOther = bootstrapFewShot<object, { answer: string }>({ ...metricOf, teacher: { client: "other" } });
  const taught = bootstrapFewShot<object, { answer: string }>({
    ...metricOf,
    teacher: { program: wordy, client: "other" },
  });
  const own = await usdOf(alone, "main");
  expect([await usdOf(alone, "other"), await usdOf(asOther, "main")]).toEqual([0, 0]);
  expect(await usdOf(asOther, "other")).toBeCloseTo(own, 6);
  // Four runs with two thousand characters more.
  expect((await usdOf(taught, "other")) - own).toBeGreaterThan(4 * 400);
});

test("what proposers are shown is counted: rules are drawn out of the whole trainset", async () => {
  const rules = inferRules<object, { answer: string }>({ metric, numCandidates: 3, promptClient: "other" });
  const long = examples(
    QA,
    Array.from({ length: 20 }, (_, at) => ({ question: `${at} ${"word ".repeat(100)}`, answer: "yes" })),
  );
  // Half of them, three times, at four characters a token.
  expect(await usdOf(rules, "other", { trainset: long })).toBeGreaterThan((3 * 10 * 500) / 4);
});

test("without a client for proposals they are the student's own client's", async () => {
  const rules = inferRules<object, { answer: string }>({ metric, numCandidates: 3, maxBootstrappedDemos: 0 });
  const named = predict(QA, { client: "other" });
  const prices = dollarsFor("other");
  const job = compile(rules, named, { trainset: set, clients: clients(), prices, dryRun: true });
  expect((await job.estimate())?.usd).toBe((await job.estimate())?.inputTokens);
});

describe("what is planned for proposals is about what they are sent", () => {
  const withPlans = Object.entries(SUBJECTS).map(
    ([name, make]) => [name, make(trainerAt("http://127.0.0.1:9"))] as const,
  );
  const proposing = withPlans.filter(
    ([, { plan }]) => runsOf(plan?.({ student, trainset, valset, warmStart: [] }).proposals) > 0,
  );

  test("of all that propose", () => {
    expect(proposing.map(([name]) => name)).toEqual(["mipro", "copro", "inferRules", "simba", "grpo", "gepa"]);
  });

  test.each(proposing)("%s", async (_name, teleprompter) => {
    const model = scripted(({ messages, rolloutId }) => replyTo([...messages, rolloutId]));
    const job = compile(teleprompter, student, { trainset, valset, clients: { main: model } });
    await job.result();
    const isTrial = /^Your input fields are:\n1\. `question` \(str\)/;
    const sent = model.requests.filter(({ messages }) => !isTrial.test(String(messages[0]?.content)));
    const mean = sent.reduce((sum, request) => sum + estimateInputTokens(request), 0) / sent.length;
    const only: Teleprompter<{ question: string }, { answer: string }> = {
      ...teleprompter,
      plan: (task) => ({ trials: 0, proposals: teleprompter.plan!(task).proposals }),
    };
    const planned = await compile(only, student, {
      trainset,
      valset,
      clients: { main: model },
      dryRun: true,
    }).estimate();
    const ratio = (planned?.inputTokens ?? 0) / (planned?.proposals ?? 0) / mean;
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });
});
