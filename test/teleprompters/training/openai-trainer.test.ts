import { join } from "node:path";
import { expect, test } from "vitest";
import { compile } from "../../../src/index.ts";
import { bootstrapFinetune } from "../../../src/teleprompters/training/bootstrap-finetune.ts";
import type { OpenAiTrainerOptions } from "../../../src/teleprompters/training/openai-trainer.ts";
import { openaiTrainer } from "../../../src/teleprompters/training/openai-trainer.ts";
import type { Trained } from "../../../src/teleprompters/training/trainer.ts";
import type { TrainingLife } from "../../../src/teleprompters/training/training-step.ts";
import { type FineTuningOptions, testClock } from "../../../src/testing.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { metric, student, trainset, type TunedWorld, tunedWorld } from "./tuned-world.ts";

function compiled({ trainer, grounds }: TunedWorld, options: OpenAiTrainerOptions = {}, folder?: string) {
  const { clients, retry } = grounds;
  const teleprompter = bootstrapFinetune({ metric, trainer: trainer(options) });
  return compile(teleprompter, student, { clients, retry, trainset, folder });
}

async function trainedBy(options: FineTuningOptions) {
  const world = await tunedWorld(options);
  const program = await compiled(world).result();
  return { ...world.server.fineTuning, model: program.config.model };
}

test("uploads the rows, starts a job on the base model, and gives the new model", async () => {
  const world = await tunedWorld();
  const program = await compiled(world, {
    suffix: "qa",
    epochs: 3,
    seed: 7,
    extraBody: { metadata: { of: "us" } },
  }).result();
  const { files, jobs } = world.server.fineTuning;
  expect(files).toHaveLength(1);
  expect(files[0]?.purpose).toBe("fine-tune");
  const rows = files[0]?.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { messages: object[] });
  expect(rows?.map(({ messages }) => messages.at(-1))).toEqual([
    { role: "assistant", content: "[[ ## answer ## ]]\nA1\n\n[[ ## completed ## ]]\n" },
    { role: "assistant", content: "[[ ## answer ## ]]\nA2\n\n[[ ## completed ## ]]\n" },
  ]);
  expect(jobs.map(({ body }) => body)).toEqual([
    {
      model: "base",
      suffix: "qa",
      seed: 7,
      method: { type: "supervised", supervised: { hyperparameters: { n_epochs: 3 } } },
      metadata: { of: "us" },
      training_file: files[0]?.id,
    },
  ]);
  expect(program.config.model).toBe("ft:base:dspex:qa:1");
});

test.each(["answer_lost", "request_lost"] as const)(
  "sends nothing twice where each first try ends so: %s",
  async (fault) => {
    const seen = new Set<string>();
    const { files, jobs, model } = await trainedBy({
      befalls({ method, path }) {
        const what = `${method} ${path}`;
        if (seen.has(what)) return undefined;
        seen.add(what);
        return fault;
      },
    });
    expect(seen).toContain("GET /v1/files");
    expect(files).toHaveLength(1);
    expect(jobs).toHaveLength(1);
    expect(model).toBe("ft:base:dspex::1");
  },
);

test("without a key nothing is paid for", async () => {
  const { server, grounds } = await tunedWorld();
  const trainer = openaiTrainer("base", { baseURL: "https://example.com/v1", env: {} });
  const { clients } = grounds;
  const job = compile(bootstrapFinetune({ metric, trainer }), student, { clients, trainset });
  await expect(job.result()).rejects.toThrow('openaiTrainer("base"): no API key for example.com');
  expect(server.requests).toHaveLength(0);
});

test("a job that fails is told in the provider's words, and its server is not asked again", async () => {
  const world = await tunedWorld({ failure: "the rows are too few" });
  const job = compiled(world);
  await expect(job.result()).rejects.toMatchObject({
    code: "training_failed",
    message: "bootstrapFinetune: training came to no model: job ftjob-1 failed: the rows are too few",
  });
  expect(world.server.fineTuning.jobs).toHaveLength(1);
});

test("what the server turns down ends the job as it was told", async () => {
  const refusal = { status: 403, body: { error: { message: "no new jobs", code: "training_closed" } } };
  const world = await tunedWorld({
    befalls: ({ method, path }) => (method === "POST" && path.endsWith("/jobs") ? refusal : undefined),
  });
  await expect(compiled(world).result()).rejects.toMatchObject({ code: "permission", status: 403 });
});

test("a job that is cancelled for good is cancelled at the server too", async () => {
  const begun = Promise.withResolvers<void>();
  const world = await tunedWorld({
    looks: Infinity,
    befalls({ path }) {
      if (path.endsWith("/events")) begun.resolve();
      return undefined;
    },
  });
  const job = compiled(world, { pollMs: 60_000 });
  await begun.promise;
  await job.cancel();
  await expect(job.result()).rejects.toMatchObject({ code: "cancelled" });
  expect(world.server.fineTuning.jobs.map(({ status }) => status)).toEqual(["cancelled"]);
});

test("and whoever goes on with it in its folder has another one begun, on the same file", async () => {
  const begun = Promise.withResolvers<void>();
  const world = await tunedWorld({
    looks: 12,
    befalls({ path }) {
      if (path.endsWith("/events")) begun.resolve();
      return undefined;
    },
  });
  const folder = join(storeFolder(), "job");
  const cancelled = compiled(world, {}, folder);
  await begun.promise;
  await cancelled.cancel();
  const again = await compiled(world, {}, folder).result();
  const { files, jobs } = world.server.fineTuning;
  expect([files.length, jobs.map(({ status }) => status)]).toEqual([1, ["cancelled", "succeeded"]]);
  expect(again.config.model).toBe(jobs[1]?.fine_tuned_model);
});

test("also where it was cancelled while it was being begun", async () => {
  const begun = Promise.withResolvers<void>();
  const world = await tunedWorld({
    looks: Infinity,
    befalls({ method, path }) {
      if (method !== "POST" || !path.endsWith("/jobs")) return undefined;
      begun.resolve();
      return "answer_lost";
    },
  });
  const job = compiled(world);
  await begun.promise;
  await job.cancel();
  expect(world.server.fineTuning.jobs.map(({ status }) => status)).toEqual(["cancelled"]);
});

/** A life of a step, that keeps what it is told. */
function life(notes: unknown[], more: Partial<TrainingLife> = {}): TrainingLife {
  return {
    id: "abc",
    notes,
    note: (value) => Promise.resolve(void notes.push(value)),
    tell: () => {},
    wait: () => Promise.resolve(),
    signal: new AbortController().signal,
    isCancelled: false,
    clock: testClock(),
    ...more,
  };
}

test("goes on in another life, wherever the one before was killed", async () => {
  const rows = [{ messages: [{ role: "assistant" as const, content: "yes" }] }];
  const { server, trainer } = await tunedWorld();
  const whole: unknown[] = [];
  const first: Trained = await trainer().train({ name: "all", rows }, life(whole));
  expect(whole).toEqual([{ sends: "file" }, { file: "file-1" }, { sends: "job" }, { job: "ftjob-1" }]);
  // Killed between the note that says what is about to be sent and the one that says that it came, and after all of it.
  for (const known of [3, 4]) {
    const notes = whole.slice(0, known);
    expect(await trainer().train({ name: "all", rows }, life(notes))).toEqual(first);
    expect(notes).toEqual(whole);
  }
  expect([server.fineTuning.files.length, server.fineTuning.jobs.length]).toEqual([1, 1]);
  // Here the file was there, and the job was not.
  await trainer().train({ name: "all", rows }, life([{ sends: "file" }]));
  expect([server.fineTuning.files.length, server.fineTuning.jobs.length]).toEqual([1, 2]);
});

test("finds a file and a job behind pages of others", async () => {
  const rows = [{ messages: [{ role: "assistant" as const, content: "yes" }] }];
  const { server, trainer } = await tunedWorld();
  const notes: unknown[] = [];
  await trainer().train({ name: "all", rows }, life(notes));
  await trainer().train({ name: "other", rows }, life([], { id: "other" }));
  const other = { method: "POST", body: JSON.stringify({ model: "base", training_file: "file-2" }) };
  const url = `${server.baseURL}/fine_tuning/jobs`;
  await Promise.all(Array.from({ length: 100 }, () => fetch(url, other).then((answer) => answer.text())));
  const found = await trainer().train({ name: "all", rows }, life([{ sends: "file" }, { sends: "job" }]));
  expect(found).toEqual({ model: "ft:base:dspex::1", trainedTokens: 1_000 });
  expect(server.fineTuning.jobs).toHaveLength(102);
});

test("refuses options that make no sense, and tells no key", () => {
  expect(() => openaiTrainer("")).toThrow("expected the name of a base model");
  expect(() => openaiTrainer("base", { pollMs: 0 })).toThrow("pollMs must be milliseconds above 0");
  expect(() => openaiTrainer("base", { epochs: -1 })).toThrow("epochs must be a number above 0");
  expect(() => openaiTrainer("base", { suffx: "a" } as never)).toThrow('is "suffix" meant?');
  expect(JSON.stringify(openaiTrainer("base", { apiKey: "sk-secret" }).settings)).not.toContain("sk-secret");
});
