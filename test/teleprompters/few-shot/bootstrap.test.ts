import { describe, expect, test } from "vitest";
import type { AnyExample } from "../../../src/evaluate/example.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { bootstrap } from "../../../src/teleprompters/few-shot/bootstrap.ts";
import { bootstrapRules } from "../../../src/teleprompters/few-shot/bootstrap-options.ts";
import type { SearchTrial, TrialSeen } from "../../../src/teleprompters/teleprompter.ts";
import { qa, questions } from "./few-shot-world.ts";

type Came = "right" | "wrong" | "failed";
type Attempt = readonly [place: number, round: number];

/** DSPy's walk, one run after another. */
function walked(came: readonly (readonly Came[])[], wanted: number, maxErrors: number) {
  const attempts: Attempt[] = [];
  const solved: number[] = [];
  let errors = 0;
  for (const [place, rounds] of came.entries()) {
    if (solved.length >= wanted) break;
    for (const [round, each] of rounds.entries()) {
      attempts.push([place, round]);
      if (each === "right") {
        solved.push(place);
        break;
      }
      if (each === "failed") errors += 1;
      if (errors >= maxErrors) return { attempts, solved, failed: true };
    }
  }
  return { attempts, solved, failed: false };
}

const byPlace = (one: Attempt, other: Attempt): number => one[0] - other[0] || one[1] - other[1];

async function bootstrapped(came: readonly (readonly Came[])[], wanted: number, maxErrors: number) {
  const trainset = questions(came.length) as readonly AnyExample[];
  const attempts: Attempt[] = [];
  const widths: number[] = [];
  const run = (trials: readonly SearchTrial[]): Promise<readonly TrialSeen[]> => {
    widths.push(trials.length);
    return Promise.resolve(
      trials.map(({ example, config }) => {
        const [place, round] = [trainset.indexOf(example), Number(config?.rolloutId ?? 0)];
        attempts.push([place, round]);
        const each = came[place]?.[round];
        if (each === "failed") return { error: { code: "server", message: "no" }, failed: "program" as const };
        const trace = [{ kind: "predict", path: "self", inputs: example.inputs, outputs: { answer: "given" } }];
        return { score: each === "right" ? 1 : 0, trace };
      }),
    );
  };
  const maxRounds = came[0]?.length ?? 1;
  const rules = bootstrapRules("test", {
    maxBootstrappedDemos: wanted,
    maxLabeledDemos: 0,
    maxRounds,
    maxErrors,
    metric: () => 1,
  });
  const { program, failure } = await bootstrap(run, qa, trainset, rules);
  const demos = Object.values(program.predictors())[0]?.demos ?? [];
  const solved = demos.map(({ question }) => trainset.findIndex(({ inputs }) => inputs["question"] === question));
  return { attempts: attempts.toSorted(byPlace), solved, failed: failure !== undefined, widths };
}

describe("bootstrapping side by side", () => {
  test("makes the runs of a walk, one after another, and no others", async () => {
    const random = pythonRandom(7);
    for (let round = 0; round < 300; round += 1) {
      const [count, rounds] = [random.between(0, 12), random.between(1, 3)];
      const came = Array.from({ length: count }, () =>
        Array.from({ length: rounds }, () => random.weighted<Came>(["right", "wrong", "failed"], [3, 2, 2])),
      );
      const [wanted, maxErrors] = [random.between(0, 5), random.between(1, 6)];
      const { widths: _, ...got } = await bootstrapped(came, wanted, maxErrors);
      expect(got, JSON.stringify({ came, wanted, maxErrors })).toEqual(walked(came, wanted, maxErrors));
    }
  });

  test.each<[what: string, came: Came[], wanted: number, maxErrors: number, widths: number[]]>([
    ["as many at once as successes are missing", ["right", "right", "right", "right"], 3, 10, [3]],
    ["then as many as still are", ["right", "wrong", "wrong", "right", "right"], 3, 10, [3, 2]],
    ["as many as errors are allowed", ["right", "right", "right", "right"], 4, 2, [2, 2]],
    ["one by one where the next error is the last", ["failed", "wrong", "right"], 4, 2, [2, 1]],
    ["none for no demos", ["right"], 0, 10, []],
  ])("%s", async (_what, came, wanted, maxErrors, widths) => {
    const rounds = came.map((each) => [each]);
    expect((await bootstrapped(rounds, wanted, maxErrors)).widths).toEqual(widths);
  });
});
