// An evaluation in which much goes wrong: what does not is as if nothing had.
import { expect, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import type { Metric } from "../../../src/evaluate/metrics/metric.ts";
import type { EvaluationReport } from "../../../src/evaluate/report.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { AT_REST, living, underWay } from "../living-tree.ts";

const COUNT = 200;
const QA = signature("question -> answer");
const set = examples(
  QA,
  Array.from({ length: COUNT }, (_, index) => ({ question: `q${index}`, answer: `a${index}` })),
);

const throws = (index: number): boolean => index % 10 === 3;
const hangs = (index: number): boolean => index % 10 === 6;
const crashes = (index: number): boolean => index % 100 === 15;
const unscored = (index: number): boolean => index % 50 === 21;

function indexOf(question: string): number {
  return Number(question.slice(1));
}

/** Asks the model twice: a crash of its worker falls between both. */
function asking(hard: boolean, onCrash: (runId: string) => void) {
  const never = new Promise<never>(() => {});
  return program({
    name: "asking",
    parts: { qa: predict(QA) },
    version: 1,
    async forward({ qa }, { question }: { question: string }, context) {
      const index = indexOf(question);
      if (hard && throws(index)) throw new TypeError("a bug");
      const made = await qa({ question });
      if (hard && crashes(index)) onCrash(context.runId);
      if (hard && crashes(index)) return never;
      return made;
    },
  });
}

async function evaluated(hard: boolean) {
  const clock = testClock();
  const lm = scripted(({ messages }) => {
    const index = indexOf(/\bq\d+/.exec(String(messages.at(-1)?.content))?.[0] ?? "");
    if (hard && hangs(index)) return new Promise(() => {});
    return { answer: index % 4 === 1 ? "no" : `a${index}` };
  });
  const metric: Metric<{ question: string }, { answer: string }> = Object.assign(
    ({ inputs, labels }: (typeof set)[number], { answer }: { answer: string }) => {
      if (hard && unscored(indexOf(inputs.question))) throw new RangeError("no score");
      return labels.answer === answer;
    },
    { version: 1 },
  );
  const system = await startSystem({ children: [client({ name: "lm", lm })], logger: false, cache: false, clock });
  const crashing: string[] = [];
  const asks = asking(hard, (runId) => crashing.push(runId));
  const evaluating = system.evaluate(asks, set, metric, { timeoutMs: 1_000, maxConcurrency: COUNT });
  if (hard) {
    const most = { hanging: set.filter((_, index) => hangs(index)).length, crashing: COUNT / 100 };
    await until(() => lm.inFlight === most.hanging && crashing.length === most.crashing);
    // From outside, as an operator's kill would.
    for (const { ref, type } of living(system.runtime, system.root)) {
      const { run } = (system.runtime.inspect(ref)?.state ?? {}) as { readonly run?: string };
      if (type === "run" && crashing.includes(run ?? "")) system.runtime.exitSignal(ref, "kill");
    }
    await clock.advance(1_000);
  }
  const report = await evaluating;
  const left = { requests: lm.inFlight, tree: underWay(system.tree()), ms: clock.now() };
  await system.stop();
  return { report, left };
}

function lines({ rows }: EvaluationReport): readonly unknown[] {
  return rows.map(({ index, prediction, score }) => ({ index, prediction: { ...prediction }, score }));
}

test("throws, hangs, crashes and a metric that throws touch no other trial; all ends by the deadline", async () => {
  const clean = await evaluated(false);
  const hard = await evaluated(true);
  const wrong = (index: number): boolean => throws(index) || hangs(index) || crashes(index) || unscored(index);
  const others = (report: EvaluationReport): readonly unknown[] => lines(report).filter((_, index) => !wrong(index));
  expect(others(hard.report)).toEqual(others(clean.report));
  expect(hard.report).toMatchObject({ trials: COUNT, partial: undefined });
  expect(hard.report.failures.map(({ index, error, failed }) => [index, error?.code, failed])).toEqual(
    set.flatMap((_, index) => {
      if (unscored(index)) return [[index, "metric_failed", "metric"]];
      if (throws(index) || crashes(index)) return [[index, "run_crashed", "program"]];
      return hangs(index) ? [[index, "timeout", "program"]] : [];
    }),
  );
  expect(hard.report.rows.filter(({ error }) => error !== undefined).every(({ score }) => score === 0)).toBe(true);
  expect(hard.left).toEqual({ requests: 0, tree: AT_REST, ms: 1_000 });
});
