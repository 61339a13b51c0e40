import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  digestOf,
  ensemble,
  forward,
  loadProgram,
  majority,
  predict,
  saveProgram,
  signature,
  UsageError,
} from "../../src/index.ts";
import { seededRandom } from "../../src/foundation/random.ts";
import { scripted } from "../../src/testing.ts";

const QA = signature("question -> answer");
const ways = ["red", "blue", "green"].map((way) =>
  predict(QA, { name: way }).with({ instructions: `The ${way} way.` }),
);
const clients = {
  main: scripted(({ messages }) => ({ answer: /The (\w+) way/.exec(String(messages[0]?.content))?.[1] ?? "" })),
};

describe("an ensemble", () => {
  test("gives what all say, in their order, or what it is reduced to", async () => {
    const all = await forward(ensemble(ways), { question: "?" }, { clients });
    expect(all.predictions).toEqual([{ answer: "red" }, { answer: "blue" }, { answer: "green" }]);
    expect(all.$meta.attempts).toBe(3);
    const joined = ensemble(ways, { reduce: (each) => ({ text: each.map(({ answer }) => answer).join() }) });
    expect({ ...(await forward(joined, { question: "?" }, { clients })) }).toEqual({ text: "red,blue,green" });
  });

  test("draws anew at each call, and the same again in a run of the same seed and name", async () => {
    const some = ensemble(ways, { size: 1 });
    const drawn = async (runId: string) => {
      const { predictions } = await forward(some, { question: "?" }, { clients, runId, random: seededRandom(1) });
      return predictions[0]?.answer;
    };
    const first = await Promise.all(["a", "b", "c", "d", "e", "f"].map(drawn));
    expect(new Set(first).size).toBeGreaterThan(1);
    expect(await Promise.all(["a", "b", "c", "d", "e", "f"].map(drawn))).toEqual(first);
  });

  test("is saved by its programs' predictors, and loaded into one that was made again", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "ensemble-")), "ensemble.json");
    await saveProgram(ensemble(ways), path);
    const plain = ensemble([predict(QA), predict(QA), predict(QA)]);
    expect(Object.keys(plain.predictors())).toEqual(["programs[0]", "programs[1]", "programs[2]"]);
    const loaded = await loadProgram(path, plain);
    const { predictions } = await forward(loaded, { question: "?" }, { clients });
    expect(predictions.map(({ answer }) => answer)).toEqual(["red", "blue", "green"]);
    expect(digestOf(loaded)).toBe(digestOf(ensemble(ways)));
  });

  test.each([
    ["no programs", () => ensemble([])],
    ["what is no program", () => ensemble([{} as never])],
    ["a size above their number", () => ensemble(ways, { size: 4 })],
    ["a reduction that is none", () => ensemble(ways, { reduce: "majority" as never })],
  ])("refuses %s", (_what, make) => {
    expect(make).toThrow(UsageError);
  });
});

describe("a majority", () => {
  const answers = (...given: unknown[]) => given.map((answer) => ({ reason: "r", answer }));

  test.each<[what: string, given: object[], wins: number]>([
    ["what most say, however they write it", answers("Two", "The one.", "one"), 1],
    ["of equally many the earliest", answers("b", "a", "a", "b"), 0],
    ["what has nothing left does not vote", answers("the", "", "a", "x"), 3],
    ["unless all are so", answers("the", "an"), 0],
    ["values that are no text", answers(3, [1, 2], [1, 2]), 1],
  ])("is %s", (_what, given, wins) => {
    expect(majority()(given)).toBe(given[wins]);
  });

  test("may be of another field", () => {
    const given = [
      { kind: "x", answer: "1" },
      { kind: "y", answer: "2" },
      { kind: "y", answer: "3" },
    ];
    expect(majority<{ kind: string; answer: string }>("kind")(given)).toBe(given[1]);
    const says = 'majority: no prediction has the field "anwser"; they have kind, answer';
    expect(() => majority("anwser" as never)(given)).toThrow(says);
  });
});
