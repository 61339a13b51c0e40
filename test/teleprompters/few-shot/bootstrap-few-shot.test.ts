import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  bootstrapFewShot,
  compile,
  exactMatch,
  LmError,
  predict,
  program,
  signature,
  UsageError,
} from "../../../src/index.ts";
import { answering, qa, QA, questions } from "./few-shot-world.ts";

const metric = exactMatch("answer");
const broken = () => new LmError("no", { code: "server", retryable: false });

describe("bootstrapped demos", () => {
  test("are the steps of right runs, then labeled ones up to the most", async () => {
    const main = answering(({ number }) => number !== 1);
    const made = await compile(bootstrapFewShot({ metric, maxBootstrappedDemos: 2, maxLabeledDemos: 3 }), qa, {
      trainset: questions(6),
      clients: { main },
    }).result();
    expect(made.demos).toEqual([
      { augmented: true, question: "q2?", answer: "A2" },
      { augmented: true, question: "q3?", answer: "A3" },
      { question: "q6?", answer: "A6" },
    ]);
    // The example itself is not among what its teacher is shown.
    for (const { messages } of main.requests) {
      const last = /q\d+\?/.exec(String(messages.at(-1)?.content))?.[0] ?? "";
      expect(messages.slice(0, -1).some(({ content }) => String(content).includes(last))).toBe(false);
    }
  });

  test("are none of a step whose inputs are no data", async () => {
    const inner = signature({
      input: z.object({ question: z.string(), big: z.unknown() }),
      output: z.object({ answer: z.string() }),
    });
    const around = program({
      name: "around",
      parts: { inner: predict(inner) },
      version: 1,
      forward: ({ inner: ask }, { question }: { question: string }) => ask({ question, big: 5n }),
    });
    const options = { trainset: questions(2), clients: { main: answering(() => true) } };
    const made = await compile(bootstrapFewShot({ metric, maxLabeledDemos: 0 }), around, options).result();
    expect(made.predictors()["inner"]?.demos).toEqual([]);
  });

  test("come from the teacher's program and client, whose own demos stay where it is told so", async () => {
    const [main, strong] = [answering(() => false), answering(() => true)];
    const teacher = qa.with({ demos: [{ question: "own?", answer: "own" }] });
    const options = { metric, maxBootstrappedDemos: 1, maxLabeledDemos: 2 };
    const clients = { main, strong };
    const kept = bootstrapFewShot({ ...options, teacher: { program: teacher, client: "strong", keepsDemos: true } });
    const made = await compile(kept, qa.with({ client: "main" }), { trainset: questions(3), clients }).result();
    expect(made.demos[0]).toEqual({ augmented: true, question: "q1?", answer: "A1" });
    expect(made.client).toBe("main");
    expect(main.requests).toHaveLength(0);
    expect(strong.requests[0]?.messages.map(({ content }) => content).join()).toContain("own?");
    const labeled = bootstrapFewShot({ ...options, teacher: { program: teacher, client: "strong" } });
    await compile(labeled, qa.with({ client: "main" }), { trainset: questions(3), clients }).result();
    expect(strong.requests[1]?.messages.map(({ content }) => content).join()).not.toContain("own?");
  });

  test("leave a frozen predictor as it is", async () => {
    const two = program({
      name: "two",
      parts: { kept: qa.with({ frozen: true }), free: qa },
      forward: ({ free }, inputs: { question: string }) => free(inputs),
    });
    const clients = { main: answering(() => true) };
    const made = await compile(bootstrapFewShot({ metric }), two, { trainset: questions(4), clients }).result();
    expect(Object.values(made.predictors()).map(({ demos }) => demos.length)).toEqual([0, 4]);
  });

  test.each<[what: string, count: number, options: object, demos: number]>([
    ["of one example", 1, {}, 1],
    ["of an empty trainset", 0, {}, 0],
    ["where nothing may be one", 4, { maxBootstrappedDemos: 0, maxLabeledDemos: 0 }, 0],
    ["where nothing is run", 4, { maxBootstrappedDemos: 0, maxLabeledDemos: 2 }, 2],
    ["in no rounds", 4, { maxRounds: 0, maxLabeledDemos: 3 }, 3],
  ])("%s", async (_what, count, options, demos) => {
    const clients = { main: answering(() => true) };
    const made = await compile(bootstrapFewShot({ metric, ...options }), qa, {
      trainset: questions(count),
      clients,
    }).result();
    expect(made.demos).toHaveLength(demos);
  });
});

describe("where nothing goes right", () => {
  test("a teacher that always fails ends it at maxErrors, after as many calls", async () => {
    const main = answering(broken);
    const handle = compile(bootstrapFewShot({ metric }), qa, { trainset: questions(20), clients: { main } });
    await expect(handle.result()).rejects.toMatchObject({ name: "JobError", code: "too_many_errors" });
    await expect(handle.result()).rejects.toThrow(
      "bootstrapFewShot: 10 runs failed, as many as maxErrors allows; the last one: no",
    );
    expect(main.requests).toHaveLength(10);
    expect(handle.status().state).toBe("failed");
  });

  test("fewer examples than that make labeled demos alone", async () => {
    const handle = compile(bootstrapFewShot({ metric }), qa, {
      trainset: questions(3),
      clients: { main: answering(broken) },
    });
    expect((await handle.result()).demos).toHaveLength(3);
  });

  test("a metric that always fails is as a run that does", async () => {
    const main = answering(() => true);
    const failing = bootstrapFewShot({
      maxErrors: 2,
      metric: () => {
        throw new Error("no metric");
      },
    });
    const handle = compile(failing, qa, { trainset: questions(20), clients: { main } });
    await expect(handle.result()).rejects.toThrow("no metric");
    expect(main.requests).toHaveLength(2);
  });

  test("a job goes on from its folder and asks nothing twice, also without a limit of errors", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
    const main = answering(({ number }) => number % 2 === 0);
    const go = () =>
      compile(bootstrapFewShot({ metric, maxErrors: Infinity }), qa, {
        trainset: questions(8),
        clients: { main },
        folder,
      }).result();
    const first = await go();
    const asked = main.requests.length;
    expect((await go()).demos).toEqual(first.demos);
    expect(main.requests).toHaveLength(asked);
  });

  test("options and teachers that make no sense are refused", async () => {
    expect(() => bootstrapFewShot({ maxRounds: -1 })).toThrow("maxRounds must be a whole number from 0");
    expect(() => bootstrapFewShot({ maxErrors: 0 })).toThrow(UsageError);
    expect(() => bootstrapFewShot({ teacher: { program: {} as never } })).toThrow("teacher.program must be a program");
    expect(() => bootstrapFewShot({ metric: "f1" as never })).toThrow("expected a metric");
    const other = program({
      name: "other",
      parts: { inner: predict(QA) },
      forward: ({ inner }, inputs: { question: string }) => inner(inputs),
    });
    const handle = compile(
      bootstrapFewShot({ teacher: { program: other } }),
      predict(signature("question -> answer")),
      {
        trainset: questions(2),
        clients: { main: answering(() => true) },
      },
    );
    await expect(handle.result()).rejects.toThrow('teacher "other" has none at self; it has inner');
    // Its steps would be demos without an answer.
    const replies = predict(signature("question -> reply"), { name: "replies" });
    const lm = answering(() => true);
    const asked = compile(bootstrapFewShot({ teacher: { program: replies } }), qa, {
      trainset: questions(2),
      clients: { main: lm },
    });
    await expect(asked.result()).rejects.toThrow('teacher "replies" has no answer at self; it has question, reply');
    expect(lm.requests).toEqual([]);
  });
});
