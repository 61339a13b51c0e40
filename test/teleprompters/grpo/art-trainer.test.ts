// The contract with a trainer over HTTP, held against a server that really learns.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { artTrainer, compile, exactMatch, examples, grpo, openai, predict, signature } from "../../../src/index.ts";
import { UNCOUNTED } from "../../../src/teleprompters/job/estimate.ts";
import { storeFolder } from "../../foundation/store-folder.ts";
import { FAST } from "../training/tuned-world.ts";
import { type ArtServer, artServer, type ArtServerOptions } from "./art-server.ts";

const COLOURS = { grass: "green", sky: "blue", roses: "red", fog: "grey" } as const;
const QA = signature("question -> answer");
const student = predict(QA, { onUnparsable: "fail" });
const trainset = examples(
  QA,
  Object.entries(COLOURS).map(([thing, answer]) => ({ question: `The colour of ${thing}?`, answer })),
);

function training({ baseURL }: ArtServer, numSteps: number, folder?: string) {
  const policy = artTrainer("base", {
    baseURL,
    apiKey: "key",
    trained: { project: "colours", name: "painter" },
    pollMs: 1,
    reconcileMs: 20,
  });
  const teleprompter = grpo<{ question: string }, { answer: string }>({
    metric: exactMatch("answer"),
    policy,
    numSteps,
    examplesPerStep: 4,
    groupSize: 8,
  });
  const clients = { main: openai("base", { baseURL, apiKey: "key" }) };
  // One after the other, so that the server draws in one order.
  return compile(teleprompter, student, {
    trainset,
    clients,
    retry: FAST,
    maxConcurrency: 1,
    ...(folder && { folder }),
  });
}

/** How likely a right answer is after so many steps, on average. */
function meanReward({ chanceOf }: ArtServer, step: number): number {
  const chances = Object.entries(COLOURS).map(([thing, answer]) => chanceOf(step, thing, answer));
  return chances.reduce((sum, each) => sum + each, 0) / chances.length;
}

describe("a trainer over HTTP", () => {
  test("learns: the mean reward rises, and the program asks the best checkpoint", async () => {
    const server = await artServer();
    const job = training(server, 8);
    expect(await job.estimate()).toMatchObject({ trainings: 8, notes: [UNCOUNTED] });
    const better = await job.result();
    expect(job.status().notes).toContain(UNCOUNTED);
    expect(meanReward(server, 0)).toBe(0.25);
    expect(meanReward(server, server.steps.length)).toBeGreaterThan(0.8);
    expect(better.config.model).toMatch(/^wandb-artifact:\/\/\/us\/colours\/painter:step\d$/);
  });

  test("does not where advantages are misaligned: what rises above is no accident", async () => {
    const server = await artServer({ misaligned: true });
    await training(server, 8).result();
    expect(meanReward(server, server.steps.length)).toBeLessThan(0.35);
  });

  test("is sent what was asked and sampled, in groups, with the rewards of their runs", async () => {
    const server = await artServer();
    await training(server, 1).result();
    const [group] = server.steps[0]?.trajectory_groups ?? [];
    expect(group?.trajectories).toHaveLength(8);
    expect(new Set(group?.trajectories.map(({ reward }) => reward))).toEqual(new Set([0, 1]));
    const [first] = group?.trajectories ?? [];
    expect(first?.messages_and_choices.map((each) => Object.keys(each))).toEqual([
      ["role", "content"],
      ["role", "content"],
      ["finish_reason", "index", "logprobs", "message"],
    ]);
    expect(first?.messages_and_choices.at(-1)).toMatchObject({
      message: { role: "assistant", content: expect.stringMatching(/^Well\.\n\n\[\[ ## answer ## \]\]\n\w+ {3}$/) },
    });
  });

  test("a step whose answer is lost is found by its checkpoint, and not sent again", async () => {
    const server = await artServer({ befalls: (index) => (index === 0 ? "answer_lost" : undefined) });
    const better = await training(server, 2).result();
    expect(server.steps).toHaveLength(2);
    expect(better.config.model).toMatch(/base|:step[12]$/);
  });

  test("one that never came is not sent again either: a person decides, and the next life looks once more", async () => {
    const befalls: NonNullable<ArtServerOptions["befalls"]> = () => "request_lost";
    const server = await artServer({ befalls });
    const folder = join(storeFolder(), "job");
    await expect(training(server, 1, folder).result()).rejects.toMatchObject({ code: "training_unknown" });
    await expect(training(server, 1, folder).result()).rejects.toMatchObject({ code: "training_unknown" });
    expect(server.steps).toHaveLength(0);
  });

  test("a step across a kill of its process is taken once", async () => {
    let child: ChildProcess | undefined;
    const server = await artServer({
      befalls(index) {
        if (index !== 0) return undefined;
        // It is carried out, and nobody is left to hear of it.
        child?.kill("SIGKILL");
        return "answer_lost";
      },
    });
    const folder = join(storeFolder(), "job");
    const live = async (): Promise<{ readonly said: string; readonly signal: unknown }> => {
      const args = ["--conditions=dspex-dev", "test/teleprompters/grpo/art-victim.ts", server.baseURL, folder];
      const own = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      child = own;
      const exited = once(own, "exit");
      const said = await text(own.stdout);
      return { said, signal: (await exited)[1] };
    };
    expect(await live()).toMatchObject({ signal: "SIGKILL" });
    expect(server.steps).toHaveLength(1);
    expect((await live()).said).toMatch(/^(?:base|wandb-artifact:.*:step[12])$/);
    expect(server.steps).toHaveLength(2);
    expect(server.steps[0]).not.toEqual(server.steps[1]);
  });

  test("one that the server turns down was not taken, and may be sent in a later life", async () => {
    const server = await artServer({ befalls: (index) => (index === 0 ? "refused" : undefined) });
    const folder = join(storeFolder(), "job");
    await expect(training(server, 1, folder).result()).rejects.toMatchObject({ code: "bad_request" });
    await training(server, 1, folder).result();
    expect(server.steps).toHaveLength(1);
  });

  test("a step that fails ends the job in the server's words", async () => {
    const server = await artServer({ failure: "out of memory" });
    await expect(training(server, 1).result()).rejects.toMatchObject({
      code: "training_failed",
      message: expect.stringContaining("out of memory"),
    });
  });

  test.each<readonly [make: () => unknown, says: string]>([
    [() => artTrainer("", { trained: { project: "p", name: "n" } }), "expected the name of a base model"],
    [() => artTrainer("base", {} as never), "trained.project must be a text that is not empty"],
    [() => artTrainer("base", { trained: { project: "p", name: "n" }, pollMs: 0 }), "pollMs"],
  ])("%s is refused", (make, says) => expect(make).toThrow(says));
});
