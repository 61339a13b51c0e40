import { expect, test } from "vitest";
import { compile, exactMatch, type Teleprompter } from "../../../src/index.ts";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { bootstrapRules } from "../../../src/teleprompters/few-shot/bootstrap-options.ts";
import { demoSets, type DemoSets } from "../../../src/teleprompters/few-shot/demo-sets.ts";
import { answering, qa, type Question, questions } from "./few-shot-world.ts";

async function made(
  options: object,
  sets: number,
  knows: (question: Question) => boolean = () => true,
): Promise<DemoSets> {
  const rules = { ...bootstrapRules("test", { metric: exactMatch("answer"), ...options }), sets };
  let found: DemoSets = {};
  const teleprompter: Teleprompter = {
    kind: "sets",
    version: 1,
    settings: {},
    metric: undefined,
    async search(search) {
      found = await demoSets(search, search.student, search.trainset, rules, pythonRandom(9));
      return search.student;
    },
  };
  await compile(teleprompter, qa, { trainset: questions(6), clients: { main: answering(knows) } }).result();
  return found;
}

test.each<[what: string, options: object, sets: number, sizes: number[]]>([
  ["none, labeled, in order, shuffled", { maxLabeledDemos: 4 }, 4, [0, 4, 4, 4]],
  ["no demos at all", { maxLabeledDemos: 0, maxBootstrappedDemos: 0 }, 5, [0, 0, 0, 0, 0]],
  ["labeled ones alone", { maxLabeledDemos: 3, maxBootstrappedDemos: 0 }, 5, [0, 3, 3, 3, 3]],
  ["no sets", {}, 0, []],
])("sets of demos: %s", async (_what, options, sets, sizes) => {
  expect((await made(options, sets))["self"]?.map(({ length }) => length)).toEqual(sizes);
});

test("a set of nothing but wrong runs holds labeled demos", async () => {
  const sets = (await made({ maxLabeledDemos: 2 }, 4, () => false))["self"] ?? [];
  expect(sets.map((demos) => demos.filter(({ augmented }) => augmented === true).length)).toEqual([0, 0, 0, 0]);
  expect(sets.map(({ length }) => length)).toEqual([0, 2, 2, 2]);
});
