// Jobs, bare and in systems: what their owner sees, what their folder holds, and how they end.
import { getEventListeners } from "node:events";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  chainOfThought,
  client,
  exactMatch,
  examples,
  job,
  LmError,
  type LmSpec,
  loadProgram,
  openai,
  predict,
  type Program,
  signature,
  startSystem,
} from "../../../src/index.ts";
import { labeledFewShot } from "../../../src/teleprompters/few-shot/labeled-few-shot.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { evaluateRivals } from "../../../src/teleprompters/candidate-score.ts";
import type { Search, Teleprompter } from "../../../src/teleprompters/teleprompter.ts";
import { scripted, until } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";

const qa = signature("question -> answer");
const set = examples(
  qa,
  ["a", "b", "c", "d"].map((question) => ({ question, answer: `right ${question}` })),
);
const metric = exactMatch("answer");
type Tries = Teleprompter<{ question: string }, { answer: string }>;

function withInstructions(program: Program<never>, instructions: string): Program<never> {
  const edits = Object.entries(program.predictors()).map(
    ([path, each]) => [path, each.with({ instructions })] as const,
  );
  return program.withPredictors(Object.fromEntries(edits));
}

/** Tries instructions side by side. */
function tries(instructions: readonly string[], changes: Partial<Tries> = {}): Tries {
  return {
    kind: "tries",
    version: 1,
    settings: { instructions },
    metric,
    async search(search: Search) {
      const programs = instructions.map((each) => withInstructions(search.student, each));
      const scored = await Promise.all(
        programs.map(async (program, place) => {
          const [one] = await evaluateRivals(search, [program], search.trainset, {
            about: instructions[place] ?? "",
            metric,
          });
          if (one !== undefined) search.scored({ name: instructions[place] ?? "", program, ...one });
          return one?.score ?? 0;
        }),
      );
      return programs[scored.indexOf(Math.max(...scored))] ?? search.student;
    },
    ...changes,
  };
}

/** Right where it is told to shout. */
function model(gate: () => Promise<unknown> = () => Promise.resolve()) {
  return scripted(async ({ messages }) => {
    await gate();
    const text = messages.map(({ content }) => String(content)).join("\n");
    const question = [...text.matchAll(/question ## ]]\n(\w)/g)].at(-1)?.[1];
    return { answer: text.includes("shout") ? `right ${question}` : "wrong" };
  });
}

const systems = (
  lm: ReturnType<typeof scripted>,
  more: readonly Parameters<typeof startSystem>[0]["children"][number][] = [],
) => startSystem({ children: [client({ name: "main", lm }), ...more], logger: false, cache: false });

describe("a job", () => {
  test("bare: tells each candidate, gives the best, and goes on from its folder without a call", async () => {
    const folder = join(storeFolder(), "job");
    const lm = model();
    const go = () => compile(tries(["mumble", "shout"]), predict(qa), { trainset: set, folder, clients: { main: lm } });
    const handle = go();
    const steps: unknown[] = [];
    for await (const { trial, name, score, best, lmCalls } of handle.steps())
      steps.push([trial, name, score, best, lmCalls]);
    expect(steps).toEqual([
      [1, "mumble", 0, 0, 4],
      [2, "shout", 100, 100, 8],
    ]);
    const best = await handle.result();
    expect(best.signature.instructions).toBe("shout");
    expect(handle.best()).toMatchObject({ name: "shout", score: 100, scores: [1, 1, 1, 1] });
    expect(handle.status()).toMatchObject({ state: "done", trial: 2, best: 100, lmCalls: 8, asks: [] });
    const again = await go().result();
    expect(again.signature.instructions).toBe("shout");
    expect(lm.requests).toHaveLength(8);
  });

  test("keeps its folder to its owner, with the best program in it", async () => {
    const folder = join(storeFolder(), "job");
    await compile(tries(["mumble", "shout"]), predict(qa), {
      trainset: set,
      folder,
      clients: { main: model() },
    }).result();
    const files = readdirSync(folder);
    expect(files).toEqual(expect.arrayContaining(["journal.jsonl", "best.json", "checkpoint-000000001.json"]));
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
    const saved = await loadProgram(join(folder, "best.json"), predict(qa));
    expect(saved.signature.instructions).toBe("shout");
  });

  test.each([
    ["the program", { program: chainOfThought(qa) }],
    ["the trainset", { trainset: set.slice(0, 3) }],
    ["the valset", { valset: set }],
    ["the teleprompter, or what it was made with", { teleprompter: tries(["shout"]) }],
    ["the teleprompter, or what it was made with", { teleprompter: tries(["mumble", "shout"], { version: 2 }) }],
    ["the metric", { teleprompter: tries(["mumble", "shout"], { metric: exactMatch("answer", { frac: 0.5 }) }) }],
    ["the options of its trials", { config: { temperature: 1 } }],
    ["a client or its model", { lm: openai("another", { apiKey: "none" }) }],
  ])("is not gone on with as another one: what changed is %s", async (what, changes) => {
    const folder = join(storeFolder(), "job");
    type Given = { teleprompter: Tries; program: Program<{ question: string }, { answer: string }>; lm: LmSpec };
    const go = ({ teleprompter, program, lm, ...options }: Given & object) =>
      compile(teleprompter, program, { trainset: set, folder, ...options, clients: { main: lm } }).result();
    const given = { teleprompter: tries(["mumble", "shout"]), program: predict(qa), lm: model() };
    await go(given);
    await expect(go({ ...given, ...changes })).rejects.toMatchObject({
      code: "job_mismatch",
      message: expect.stringContaining(`what is otherwise is ${what}`),
    });
    // It is left as it was.
    await go(given);
  });

  test("runs once at a time in its folder, in plain words", async () => {
    const folder = join(storeFolder(), "job");
    const gate = Promise.withResolvers<void>();
    const options = { trainset: set, folder, clients: { main: model(() => gate.promise) } };
    const first = compile(tries(["shout"]), predict(qa), { ...options, name: "first" });
    await until(() => first.status().asks.length > 0);
    const second = compile(tries(["shout"]), predict(qa), { ...options, name: "second" });
    await expect(second.result()).rejects.toMatchObject({
      code: "locked",
      message: expect.stringMatching(/is in use by a job in process \d+ on .*: a job has a folder of its own/),
    });
    gate.resolve();
    await first.result();
  });

  test("that is paused begins no trial; resumed it goes on", async () => {
    const gates: (() => void)[] = [];
    const lm = model(() => new Promise<void>((resolve) => gates.push(resolve)));
    const handle = compile(tries(["shout"]), predict(qa), { trainset: set, maxConcurrency: 2, clients: { main: lm } });
    await until(() => gates.length === 2);
    handle.pause();
    expect(handle.status().state).toBe("paused");
    for (const open of gates) open();
    await until(() => handle.status().asks[0]?.done === 2);
    expect(lm.requests).toHaveLength(2);
    handle.resume();
    await until(() => gates.length === 4);
    for (const open of gates) open();
    await handle.result();
    expect(handle.status()).toMatchObject({ state: "done", best: 100 });
  });

  test("that is cancelled ends at once, keeps what it has, and goes on when it is started again", async () => {
    const folder = join(storeFolder(), "job");
    let answered = 0;
    const stuck = model(() => (++answered > 5 ? new Promise(() => {}) : Promise.resolve()));
    const go = (lm: ReturnType<typeof scripted>) =>
      compile(tries(["mumble", "shout"]), predict(qa), {
        trainset: set,
        folder,
        maxConcurrency: 1,
        clients: { main: lm },
      });
    const first = go(stuck);
    await until(() => answered === 6 && first.best() !== undefined);
    await first.cancel();
    await expect(first.result()).rejects.toMatchObject({ code: "cancelled" });
    expect(first.status().state).toBe("cancelled");
    expect(first.best()?.name).toBe("mumble");
    const lm = model();
    await go(lm).result();
    expect(lm.requests).toHaveLength(3);
  });

  test("whose key is wrong from some time on ends with that, records none of it, and goes on once that is mended", async () => {
    const folder = join(storeFolder(), "job");
    let answered = 0;
    const expired = model(() => {
      answered += 1;
      return answered > 5 ? Promise.reject(new LmError("no such key", { code: "auth" })) : Promise.resolve();
    });
    const go = (lm: ReturnType<typeof scripted>) =>
      compile(tries(["mumble", "shout"]), predict(qa), {
        trainset: set,
        folder,
        maxConcurrency: 1,
        clients: { main: lm },
      });
    await expect(go(expired).result()).rejects.toMatchObject({ code: "auth" });
    const lm = model();
    expect((await go(lm).result()).signature.instructions).toBe("shout");
    expect(lm.requests).toHaveLength(3);
  });

  test("whose search asks for something else than before is not gone on with", async () => {
    const folder = join(storeFolder(), "job");
    let lives = 0;
    const moody = tries([], {
      async search(search: Search) {
        lives += 1;
        await search.run([{ program: withInstructions(search.student, `life ${lives}`), example: set[0] as never }], {
          about: `life ${lives}`,
        });
        return search.student;
      },
    });
    const go = () => compile(moody, predict(qa), { trainset: set, folder, clients: { main: model() } }).result();
    await go();
    await expect(go()).rejects.toMatchObject({
      code: "search_changed",
      details: { ask: 1, before: "life 1", now: "life 2" },
    });
  });

  test("whose budget is spent gives the best so far, and says so", async () => {
    const handle = compile(tries(["shout", "mumble", "whisper"]), predict(qa), {
      trainset: set,
      budget: { lmCalls: 9 },
      clients: { main: model() },
    });
    expect((await handle.result()).signature.instructions).toBe("shout");
    expect(handle.status()).toMatchObject({ state: "done", partial: "budget", trial: 2, lmCalls: 9 });
  });
});

describe("a job's folder", () => {
  const go = (folder: string, lm = model()) => {
    const handle = compile(tries(["mumble", "shout"]), predict(qa), { trainset: set, folder, clients: { main: lm } });
    return handle.result().then(() => lm.requests.length);
  };

  test("whose journal is gone goes on from its checkpoint, and can be read without it the next time", async () => {
    const folder = join(storeFolder(), "job");
    await go(folder);
    rmSync(join(folder, "journal.jsonl"));
    expect(await go(folder)).toBe(0);
    for (const file of readdirSync(folder)) if (file.startsWith("checkpoint")) rmSync(join(folder, file));
    expect(await go(folder)).toBe(8);
  });

  test("that cannot be used is told as such", async () => {
    const file = join(storeFolder(), "file");
    writeFileSync(file, "");
    await expect(go(join(file, "job"))).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining(`the job's folder ${join(file, "job")} cannot be used: ENOTDIR`),
    });
  });

  test("is where the process was when the job was made", () => {
    const handle = compile(labeledFewShot(), predict(qa), { trainset: set, folder: "job", clients: {}, dryRun: true });
    expect(handle.folder).toBe(join(process.cwd(), "job"));
  });
});

describe("a search", () => {
  test.each([undefined, "a program"])("that comes to no program, but to %j, is told", async (given) => {
    const broken = tries([], { search: () => Promise.resolve(given as never) });
    await expect(compile(broken, predict(qa), { trainset: set, clients: { main: model() } }).result()).rejects.toThrow(
      `tries: its search must come to a program, got ${JSON.stringify(given)}`,
    );
  });

  test("that is over tells of nothing any more", async () => {
    const gate = Promise.withResolvers<void>();
    const late = tries([], {
      async search(search: Search) {
        await gate.promise;
        search.scored({ name: "late", program: search.student, score: 1, scores: [] });
        return search.student;
      },
    });
    const handle = compile(late, predict(qa), { trainset: set, clients: { main: model() } });
    await until(() => handle.status().state === "running");
    await handle.cancel();
    gate.resolve();
    await new Promise(setImmediate);
    expect(handle.status()).toMatchObject({ state: "cancelled", trial: 0 });
  });

  test("lets go of its owner's signal when it is over", async () => {
    const { signal } = new AbortController();
    await compile(labeledFewShot(), predict(qa), { trainset: set, signal, clients: {} }).result();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a job in a system", () => {
  test("may have the name of one that has just told its result, and not of one that is under way", async () => {
    const system = await systems(model());
    const go = () => system.compile(tries(["shout"]), predict(qa), { trainset: set });
    await (await go()).result();
    const [one, other] = await Promise.allSettled([go(), go()]);
    expect(one.status).toBe("fulfilled");
    expect(other).toMatchObject({
      reason: { message: expect.stringContaining('"tries question -> answer" is under way') },
    });
    if (one.status === "fulfilled") await one.value.result();
    await system.stop();
  });

  test("stands under its own supervisor while it works, and is gone when it is done", async () => {
    const gate = Promise.withResolvers<void>();
    const system = await systems(model(() => gate.promise));
    const handle = await system.compile(tries(["shout"]), predict(qa), { trainset: set, name: "nightly" });
    await until(() => handle.status().asks.length > 0);
    const group = system.tree().children.find(({ id }) => id === "teleprompters");
    expect(group?.children.map(({ id, children }) => [id, children.map((child) => child.id)])).toEqual([
      ["nightly", ["workers", "teleprompter"]],
    ]);
    await expect(system.compile(tries(["shout"]), predict(qa), { trainset: set, name: "nightly" })).rejects.toThrow(
      'a job "nightly" is under way',
    );
    gate.resolve();
    expect((await handle.result()).signature.instructions).toBe("shout");
    await until(() => system.tree().children.find(({ id }) => id === "teleprompters")?.children.length === 0);
    await system.stop();
  });

  test("that is its child goes on by itself in the next system, where nobody calls compile", async () => {
    const folder = join(storeFolder(), "job");
    let answered = 0;
    const stuck = model(() => (++answered > 5 ? new Promise(() => {}) : Promise.resolve()));
    const spec = job({
      name: "nightly",
      teleprompter: tries(["mumble", "shout"]),
      program: predict(qa),
      trainset: set,
      folder,
      maxConcurrency: 1,
    });
    const first = await systems(stuck, [spec]);
    await until(() => answered === 6);
    const result = first.job(spec).result();
    await first.stop();
    await expect(result).rejects.toMatchObject({ code: "stopped" });
    const lm = model();
    const second = await systems(lm, [spec]);
    expect((await second.job(spec).result()).signature.instructions).toBe("shout");
    expect(lm.requests).toHaveLength(3);
    await second.stop();
  });

  test("that crashes for ever ends alone", async () => {
    const broken = tries([], { search: () => Promise.reject(new TypeError("a bug in the search")) });
    const system = await systems(model());
    const handle = await system.compile(broken, predict(qa), { trainset: set });
    await expect(handle.result()).rejects.toMatchObject({ code: "crashed" });
    expect(handle.status().state).toBe("failed");
    expect((await system.forward(predict(qa), { question: "a" })).answer).toBe("wrong");
    await system.stop();
  });

  test("of another system is not known", async () => {
    const spec = job({ name: "nightly", teleprompter: labeledFewShot(), program: predict(qa), trainset: set });
    const system = await systems(model());
    expect(() => system.job(spec)).toThrow('no job "nightly" in this system');
    await system.stop();
  });
});

describe("what is no job", () => {
  test.each([
    ["a teleprompter", { teleprompter: {} }, "expected a teleprompter, got {}"],
    ["a program", { program: 5 }, "expected a program, got 5"],
    ["a trainset", { trainset: "train.jsonl" }, 'trainset must be a list of examples, got "train.jsonl"'],
    ["an option", { trainSet: [] }, 'no option "trainSet"'],
    ["a budget", { budget: { calls: 5 } }, 'no limit "calls"'],
  ])("is refused at once: %s", (_, changes: object, message) => {
    const given = { teleprompter: labeledFewShot(), program: predict(qa), trainset: set, ...changes };
    const { teleprompter, program, ...options } = given;
    expect(() => compile(teleprompter, program, { ...options, clients: {} })).toThrow(message);
  });
});
