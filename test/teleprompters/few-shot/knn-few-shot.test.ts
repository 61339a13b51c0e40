import { describe, expect, test } from "vitest";
import {
  compile,
  digestOf,
  type EmbedderSpec,
  exactMatch,
  forward,
  knnFewShot,
  LmError,
  type Program,
  UsageError,
} from "../../../src/index.ts";
import { answering, qa, questions } from "./few-shot-world.ts";

const metric = exactMatch("answer");

/** By number: neighbours are those with the greatest. */
function embedding() {
  const asked: string[][] = [];
  const embed = (texts: readonly string[]) => {
    asked.push([...texts]);
    return Promise.resolve(texts.map((text) => [1, Number(/q(\d+)/.exec(text)?.[1])]));
  };
  return { asked, embed };
}

type Qa = Program<{ question: string }, { answer: string }>;

async function nearest(options: object, count = 6) {
  const { asked, embed } = embedding();
  const main = answering(() => true);
  const teleprompter = knnFewShot({ k: 2, embed, metric, ...options });
  const made: Qa = await compile(teleprompter, qa, { trainset: questions(count), clients: { main } }).result();
  const call = (number: number, more: object = {}) =>
    forward(made, { question: `q${number}?` }, { clients: { main }, ...more });
  const shown = (): string[] => {
    const text = (main.requests.at(-1)?.messages ?? []).slice(1, -1).map(({ content }) => String(content));
    return text.flatMap((each) => /q\d+\?/.exec(each)?.[0] ?? []);
  };
  return { made, main, asked, call, shown };
}

describe("demos of the nearest examples", () => {
  test("are bootstrapped at each call, nearest first", async () => {
    const { main, call, shown, asked } = await nearest({});
    expect(main.requests).toHaveLength(0);
    expect({ ...(await call(9)) }).toEqual({ answer: "A9" });
    expect(shown()).toEqual(["q6?", "q5?"]);
    expect(main.requests).toHaveLength(3);
    await call(8);
    // The trainset's vectors are asked for once.
    expect(asked.map(({ length }) => length)).toEqual([6, 1, 1]);
    expect(asked[0]?.[0]).toBe("question: q1?");
  });

  test.each<[what: string, options: object, count: number, calls: number, demos: string[]]>([
    ["none for k 0", { k: 0 }, 6, 1, []],
    ["all where there are fewer", { k: 99, maxLabeledDemos: 0 }, 2, 3, ["q2?", "q1?"]],
    ["none of an empty trainset", {}, 0, 1, []],
    ["of one example", {}, 1, 2, ["q1?"]],
    ["labeled ones alone", { maxBootstrappedDemos: 0, maxLabeledDemos: 1 }, 6, 1, ["q5?"]],
  ])("%s", async (_what, options, count, calls, demos) => {
    const { main, call, shown } = await nearest(options, count);
    await call(9);
    expect([main.requests.length, shown()]).toEqual([calls, demos]);
  });

  test("show in a trace what the teacher did, and count in the call", async () => {
    const { call } = await nearest({});
    const { $meta } = await call(9, { trace: true });
    expect($meta.trace?.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "embed self",
      "predict teacher",
      "predict teacher",
      "predict student",
    ]);
    expect($meta.attempts).toBe(3);
  });

  test("are of the teacher's client where one is named", async () => {
    const { embed } = embedding();
    const [main, strong] = [answering(() => true), answering(() => true)];
    const teleprompter = knnFewShot({ k: 2, embed, metric, teacher: { client: "strong" } });
    const student = qa.with({ client: "main" });
    const made: Qa = await compile(teleprompter, student, {
      trainset: questions(4),
      clients: { main, strong },
    }).result();
    await forward(made, { question: "q9?" }, { clients: { main, strong } });
    expect([main.requests.length, strong.requests.length]).toEqual([1, 2]);
  });

  test("stay what they are in copies with other predictors, and are known by trainset and k", async () => {
    const { made, call } = await nearest({});
    const edited = made.withPredictors({ student: qa.with({ instructions: "Otherwise." }) });
    expect(Object.keys(edited.predictors())).toEqual(["student"]);
    expect(digestOf(edited)).not.toBe(digestOf(made));
    expect(digestOf((await nearest({ k: 3 })).made)).not.toBe(digestOf(made));
    expect(digestOf((await nearest({}, 5)).made)).not.toBe(digestOf(made));
    await call(9);
  });

  test("an embedder is opened for a call and closed after it", async () => {
    const life: string[] = [];
    const embed: EmbedderSpec = {
      kind: "embedder",
      provider: "test",
      model: "test",
      open() {
        life.push("open");
        return Promise.resolve({
          provider: "test",
          model: "test",
          batch: { texts: 4, bytes: 1000 },
          embed: (texts: readonly string[]) => {
            life.push(`${texts.length}`);
            return Promise.resolve({
              vectors: texts.map(() => [1]),
              usage: { inputTokens: 1, outputTokens: 0, totalTokens: 1 },
            });
          },
          close() {
            life.push("close");
            return Promise.resolve();
          },
        });
      },
    };
    const { call } = await nearest({ embed });
    await call(9);
    expect(life).toEqual(["open", "4", "2", "close", "open", "1", "close"]);
  });
});

describe("where nothing goes right", () => {
  test("a call fails with what the vectors fail with, and the next one asks for them again", async () => {
    let up = false;
    const embed = (texts: readonly string[]) =>
      up ? Promise.resolve(texts.map(() => [1])) : Promise.reject(new LmError("down", { code: "server" }));
    const { call } = await nearest({ embed });
    await expect(call(9)).rejects.toThrow("down");
    up = true;
    expect((await call(9)).answer).toBe("A9");
  });

  test.each<[what: string, vectors: unknown]>([
    ["too few", []],
    ["of no numbers", [["a"], ["b"]]],
    ["of other lengths", [[1], [1, 2]]],
  ])("vectors that are none are refused: %s", async (_what, vectors) => {
    const { call } = await nearest({ embed: () => Promise.resolve(vectors as number[][]) }, 2);
    await expect(call(9)).rejects.toMatchObject({ code: "malformed_response" });
  });

  test("a teacher that always fails: labeled demos, or at maxErrors its error", async () => {
    const { embed } = embedding();
    const main = answering(({ number }) => number > 6 || new LmError("no", { code: "server", retryable: false }));
    const compiled = (maxErrors: number): Promise<Qa> =>
      compile(knnFewShot({ k: 2, embed, metric, maxErrors }), qa, {
        trainset: questions(6),
        clients: { main },
      }).result();
    const call = async (maxErrors: number) =>
      forward(await compiled(maxErrors), { question: "q9?" }, { clients: { main } });
    expect((await call(3)).answer).toBe("A9");
    await expect(call(2)).rejects.toThrow("2 runs failed, as many as maxErrors allows");
  });

  test("options that make no sense are refused", () => {
    expect(() => knnFewShot({ embed: embedding().embed } as never)).toThrow("k is missing");
    expect(() => knnFewShot({ k: 2, embed: "model" as never })).toThrow(UsageError);
  });
});
