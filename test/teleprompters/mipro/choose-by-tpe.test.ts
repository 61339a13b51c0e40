import { expect, test } from "vitest";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { chooseByTpe } from "../../../src/teleprompters/mipro/choose-by-tpe.ts";
import { choiceSpace, keyOfPicks } from "../../../src/teleprompters/mipro/choice-space.ts";
import type { SearchTrial } from "../../../src/teleprompters/tpe-sampler.ts";

const student = predict(signature("question -> answer"));
const [path] = Object.keys(student.predictors());
const own = student.signature.instructions;
const demos = [{ question: "a", answer: "b" }];
const space = choiceSpace({
  student,
  instructions: { [path!]: [own, "Be brief.", own, "Be brief.", "Be right."] },
  demoSets: { [path!]: [[], demos, [], [{ ...demos[0] }]] },
  adapters: [],
});

test("of choices that are alike the first stands for all", () => {
  expect(space.choices).toEqual({ "0_predictor_instruction": 5, "0_predictor_demos": 4 });
  expect(space.size).toBe(6);
  const choose = chooseByTpe(9);
  for (let trial = 1; trial <= 40; trial += 1) {
    const picks = choose({ history: [], space, settled: new Set(), trial })!;
    expect([0, 1, 4]).toContain(picks["0_predictor_instruction"]);
    expect([0, 1]).toContain(picks["0_predictor_demos"]);
  }
});

test("what is settled is not chosen again, and at last nothing is", () => {
  const choose = chooseByTpe(1);
  const settled = new Set<string>();
  const history: SearchTrial[] = [];
  for (let trial = 1; trial <= 6; trial += 1) {
    const params = choose({ history, space, settled, trial })!;
    expect(settled.has(keyOfPicks(params))).toBe(false);
    settled.add(keyOfPicks(params));
    history.push({ state: "complete", params, value: trial });
  }
  expect(choose({ history, space, settled, trial: 7 })).toBeUndefined();
});

test("a program is known by the choices that make it, and one that is otherwise in anything else by none", () => {
  const picks = { "0_predictor_instruction": 1, "0_predictor_demos": 1 };
  const made = space.candidate(picks);
  expect(made.predictors()[path!]).toMatchObject({ demos, signature: { instructions: "Be brief." } });
  expect(space.picksOf(made)).toEqual(picks);
  expect(space.picksOf(student)).toEqual({ "0_predictor_instruction": 0, "0_predictor_demos": 0 });
  expect(space.picksOf(predict(signature("question -> answer"), { config: { temperature: 0.3 } }))).toBeUndefined();
  expect(space.picksOf(student.with({ instructions: "Something else." }))).toBeUndefined();
  expect(space.picksOf(student.with({ demos: [{ question: "x", answer: "y" }] }))).toBeUndefined();
});
