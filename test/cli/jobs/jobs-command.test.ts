import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CliWorld } from "../../../src/cli/cli-world.ts";
import { runCli } from "../../../src/cli/run-cli.ts";
import { compile } from "../../../src/teleprompters/job/compile.ts";
import { scripted, testClock, until } from "../../../src/testing.ts";
import { asked, mumbleAndShout, qa, set } from "../../fixtures/cli/shouting.ts";
import { madeWorld } from "../made-world.ts";

const MODULE = join(import.meta.dirname, "..", "..", "fixtures", "cli", "shouting.ts");

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "dspex-cli-jobs-"));
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

beforeEach(() => Object.assign(asked, { count: 0, stuckFrom: Infinity }));

async function dspex(words: readonly string[], setup: Partial<CliWorld> = {}) {
  const { world, printed } = madeWorld({ cwd, ...setup });
  return { code: await runCli(words, world), ...printed };
}

function started(folder: string, setup: Partial<CliWorld> = {}) {
  const names = { teleprompter: "mumbleAndShout", program: "qa", train: "set", system: "system" };
  const words = Object.entries(names).flatMap(([name, value]) => [`--${name}`, `${MODULE}#${value}`]);
  return dspex(["compile", ...words, "--folder", folder, "--max-concurrency", "1", "--no-progress"], setup);
}

/** A job that stands still at its fifth request, in this process: the one after its first step. */
async function stuck(folder: string) {
  Object.assign(asked, { count: 0, stuckFrom: 5 });
  const ending = new AbortController();
  const ended = started(folder, { signal: ending.signal });
  await until(() => asked.count === 5);
  // Records are written while the next request is made already.
  await until(() => readFileSync(join(cwd, folder, "journal.jsonl"), "utf8").includes('"ask":2,"trial":0,'));
  return { ended, stop: () => ending.abort("SIGINT") };
}

/** One that was stopped there. */
async function stopped(folder: string): Promise<void> {
  const { ended, stop } = await stuck(folder);
  stop();
  expect((await ended).code).toBe(130);
  Object.assign(asked, { count: 0, stuckFrom: Infinity });
}

/** A job of a program of one's own, which looks at its folder by a clock that the test moves. */
function ownJob(folder: string, gate: () => Promise<unknown> = () => Promise.resolve()) {
  const clock = testClock();
  const lm = scripted(async () => {
    await gate();
    return { answer: "wrong" };
  });
  const at = { trainset: set, folder: join(cwd, folder), maxConcurrency: 1, clients: { main: lm }, clock };
  return { clock, lm, handle: compile(mumbleAndShout as never, qa, at) };
}

describe("dspex jobs", () => {
  test("list: the jobs in a folder and below, and nothing else", async () => {
    await started("list/runs/done");
    await stopped("list/runs/stopped");
    mkdirSync(join(cwd, "list", "empty"));
    writeFileSync(join(cwd, "list", "empty", "journal.jsonl"), '{"other": "file"}\n');
    const { ended, stop } = await stuck("list/running");
    const { code, out } = await dspex(["jobs", "list", "list"]);
    stop();
    await ended;
    expect(code).toBe(0);
    const rows = out.split("\n").filter((line) => line.includes("tries qa"));
    expect(
      rows.map((row) =>
        row
          .split("│")
          .map((cell) => cell.trim())
          .slice(1, -1),
      ),
    ).toEqual([
      [join("list", "running"), "tries qa", `running: process ${process.pid}`, "1", "0.00", "4"],
      [join("list", "runs", "done"), "tries qa", "done", "2", "100.00", "6"],
      [join("list", "runs", "stopped"), "tries qa", "stopped", "1", "0.00", "4"],
    ]);
    expect(out).not.toContain("empty");
  });

  test("that there are none of is no failure; a folder that is not there is", async () => {
    mkdirSync(join(cwd, "none"));
    expect(await dspex(["jobs", "list", "none"])).toMatchObject({ code: 0, out: "there is no job in none\n" });
    expect(await dspex(["jobs", "list", "gone"])).toMatchObject({ code: 2, err: "error: there is no folder gone\n" });
    expect(await dspex(["jobs", "show", "none"])).toMatchObject({ code: 2, err: "error: there is no job in none\n" });
    writeFileSync(join(cwd, "file.json"), "{}");
    const said = { code: 2, err: "error: there is no job in file.json\n" };
    expect(await dspex(["jobs", "pause", "file.json"])).toMatchObject(said);
  });

  test("show: steps, the best, and what the results rest on", async () => {
    await stopped("show");
    const { code, out } = await dspex(["jobs", "show", "show"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^job +tries qa\nfolder +show\nstate +stopped\nbest +0\.00\ncandidates +1\nruns +4 on record\n/,
    );
    expect(out).toMatch(/^trainset +\S{20,}$/m);
    expect(out).toMatch(/│ +1 │ mumble +│ +0\.00 │ all/);
  });

  test("follow: each step as it is written, to the end", async () => {
    const { ended, stop } = await stuck("follow");
    const clock = testClock();
    const heard: string[] = [];
    const { world } = madeWorld({ cwd, clock, out: { write: (text) => heard.push(text) } });
    const following = runCli(["jobs", "follow", "follow"], world);
    await until(() => clock.pending === 1);
    expect(heard).toEqual([expect.stringMatching(/^ +1 +0\.00, best 0\.00, 3 LM calls +mumble\n$/)]);
    stop();
    await ended;
    Object.assign(asked, { count: 0, stuckFrom: Infinity });
    await started("follow");
    await clock.advance(500);
    expect(await following).toBe(0);
    expect(heard.slice(1)).toEqual([
      expect.stringMatching(/^ +2 +100\.00, best 100\.00, 6 LM calls +shout\n$/),
      "done\n",
    ]);
  });

  test("follow: one that nobody is at work on is told, and not waited for", async () => {
    await stopped("left");
    const { code, out } = await dspex(["jobs", "follow", "left"]);
    expect(code).toBe(1);
    expect(out).toMatch(/mumble\nstopped\n$/);
  });

  test("pause and resume reach a job of another program; then cancel does, with what is on record kept", async () => {
    const gates: (() => void)[] = [];
    const { clock, lm, handle } = ownJob("own", () => new Promise<void>((resolve) => gates.push(resolve)));
    await until(() => gates.length === 1);
    const paused = await dspex(["jobs", "pause", "own"]);
    expect(paused).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^asked the job "tries qa", process \d+, to pause/) as string,
    });
    await clock.advance(1_000);
    await until(() => handle.status().state === "paused");
    gates[0]?.();
    await until(() => handle.status().asks[0]?.done === 1);
    expect(lm.requests).toHaveLength(1);
    expect((await dspex(["jobs", "list", "own"])).out).toMatch(/paused: process \d+/);
    expect((await dspex(["jobs", "resume", "own"])).out).toMatch(/^told the job "tries qa", process \d+, to go on\n$/);
    await until(() => clock.pending > 0);
    await clock.advance(1_000);
    await until(() => gates.length === 2);
    expect((await dspex(["jobs", "cancel", "own"])).code).toBe(0);
    await clock.advance(1_000);
    await expect(handle.result()).rejects.toMatchObject({ code: "cancelled" });
    expect((await dspex(["jobs", "show", "own"])).out).toMatch(
      /^state +cancelled\nwhy +the job "tries qa" was cancelled: /m,
    );
    // What was started again by itself keeps to it; nobody is asked.
    const again = ownJob("own");
    await expect(again.handle.result()).rejects.toMatchObject({
      code: "cancelled",
      message: expect.stringContaining("control.json") as string,
    });
    expect(again.lm.requests).toEqual([]);
    const resumed = await dspex(["jobs", "resume", "own"]);
    expect(resumed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/its mark is taken away; no "dspex compile" has/) as string,
    });
    const last = ownJob("own");
    await last.handle.result();
    expect(last.lm.requests).toHaveLength(5);
  });

  test("one that is not running is marked, and told so", async () => {
    await stopped("marked");
    expect((await dspex(["jobs", "pause", "marked"])).out).toMatch(
      /^the job "tries qa" is not running: it is marked to stand still/,
    );
    expect((await dspex(["jobs", "cancel", "marked"])).out).toMatch(/is not running: it is marked as cancelled/);
    expect((await dspex(["jobs", "list", "marked"])).out).toContain("cancelled");
    // The command itself is somebody who wants it.
    expect(await started("marked")).toMatchObject({
      code: 0,
      err: "the job in marked was cancelled: it is taken up again\n",
    });
    expect(await dspex(["jobs", "cancel", "marked"])).toMatchObject({
      code: 1,
      err: 'error: the job "tries qa" is done: there is nothing to cancel\n',
    });
  });
});

describe("dspex jobs resume", () => {
  test("loads no module that a folder names before the user has agreed", async () => {
    await stopped("resume");
    const command = join(cwd, "resume", "command.json");
    const evil = join(cwd, "evil.mjs");
    writeFileSync(
      evil,
      `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(join(cwd, "loaded"))}, "");\n`,
    );
    const kept = readFileSync(command, "utf8");
    writeFileSync(command, kept.replace(`${MODULE}#qa`, `${evil}#qa`));
    const { code, out, err } = await dspex(["jobs", "resume", "resume"]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(
      `It loads these modules, and what they import:\n  ${evil}\n  ${MODULE}\n` +
        "error: nothing was loaded: say --yes if these are modules that you trust\n",
    );
    expect(existsSync(join(cwd, "loaded"))).toBe(false);
    writeFileSync(command, kept);
    const agreed = await dspex(["jobs", "resume", "resume", "--yes", "--no-progress"]);
    expect(agreed).toMatchObject({ code: 0, out: expect.stringContaining("best   ") as string });
    expect(asked.count).toBe(2);
    expect(await dspex(["jobs", "resume", "resume"])).toMatchObject({
      code: 0,
      out: 'the job "tries qa" is done: resume/best.json\n',
    });
  });

  test.each([
    ["y\n", 0],
    ["\n", 1],
    ["no\n", 1],
  ])("asks on a terminal: %j", async (answer, code) => {
    const folder = `asked-${code}-${answer.length}`;
    await stopped(folder);
    const input = Object.assign(
      (async function* typed() {
        yield answer;
      })(),
      { isTTY: true },
    );
    const said: string[] = [];
    const err = { isTTY: true, write: (text: string) => said.push(text) };
    expect((await dspex(["jobs", "resume", folder, "--no-progress"], { input, err })).code).toBe(code);
    expect(said.join("")).toContain("Load them? [y/N] ");
    expect(asked.count).toBe(code === 0 ? 2 : 0);
  });

  test.each([
    ["no JSON", () => "{", /is no kept command/],
    ["another's", () => '{"format": "x"}', /is no kept command/],
    [
      "a newer one",
      (kept: string) => kept.replace('"version": 1', '"version": 2'),
      /has version 2, this dspex reads 1/,
    ],
    ["an option that there is none of", (kept: string) => kept.replace('"train"', '"trane"'), /"trane" is no option/],
    [
      "a number for a text",
      (kept: string) => kept.replace(/"train": "[^"]*"/, '"train": 3'),
      /"train" is no option, or not/,
    ],
    ["one that is missing", (kept: string) => kept.replace(/\n *"train": "[^"]*",/, ""), /"train" is missing/],
  ])("refuses a command that is %s", async (_, changed, said) => {
    const folder = join(cwd, "damaged");
    if (!existsSync(folder)) await stopped("damaged");
    const path = join(folder, "command.json");
    const kept = readFileSync(path, "utf8");
    writeFileSync(path, changed(kept));
    const { code, err } = await dspex(["jobs", "resume", "damaged", "--yes"]);
    writeFileSync(path, kept);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(said) as string });
    expect(asked.count).toBe(0);
  });
});

test("without a word, and with one that there is none of: exit code 2", async () => {
  expect(await dspex(["jobs"])).toMatchObject({ code: 2, err: expect.stringContaining("follow") as string });
  expect(await dspex(["jobs", "lst"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("Did you mean list?") as string,
  });
});
