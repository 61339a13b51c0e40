import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CliWorld } from "../../../src/cli/cli-world.ts";
import { runCli } from "../../../src/cli/run-cli.ts";
import { until } from "../../../src/testing/until.ts";
import { asked } from "../../fixtures/cli/shouting.ts";
import { madeWorld } from "../made-world.ts";

const MODULE = join(import.meta.dirname, "..", "..", "fixtures", "cli", "shouting.ts");

let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "dspex-cli-compile-"));
  const rows = ["a", "b", "c"].map((question) => ({ question, answer: `right ${question}` }));
  writeFileSync(join(cwd, "train.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

beforeEach(() => Object.assign(asked, { count: 0, stuckFrom: Infinity }));

/** What is right, unless the test says otherwise. */
const RIGHT = {
  teleprompter: `${MODULE}#mumbleAndShout`,
  program: `${MODULE}#qa`,
  train: "train.jsonl",
  system: `${MODULE}#system`,
};

async function compile(
  told: Partial<Record<string, string>>,
  more: readonly string[] = [],
  setup: Partial<CliWorld> = {},
) {
  const { world, printed } = madeWorld({ cwd, ...setup });
  const words = Object.entries({ ...RIGHT, ...told }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const code = await runCli(["compile", ...words, "--no-progress", ...more], world);
  return { code, ...printed };
}

describe("dspex compile", () => {
  test("tells the candidates and where the better program is; run again, it asks nothing", async () => {
    const first = await compile({ folder: "runs/first" }, ["--out", "qa.json", "--html", "job.html"]);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toMatch(
      /^job +tries qa\nteleprompter +tries\nstate +done\nbest +100\.00 \(shout, trial 2\); mumble/,
    );
    expect(first.out).toContain("the better program is saved: runs/first/best.json, and qa.json");
    for (const file of ["qa.json", join("runs", "first", "best.json")])
      expect(readFileSync(join(cwd, file), "utf8")).toContain("shout");
    expect(readFileSync(join(cwd, "job.html"), "utf8")).toMatch(/^<!doctype/);
    expect(asked.count).toBe(6);
    expect(await compile({ folder: "runs/first" })).toMatchObject({ code: 0, err: "" });
    expect(asked.count).toBe(6);
  });

  test("keeps what it was told in the folder, readable by its owner alone", async () => {
    await compile({ folder: "runs/kept" }, ["--max-concurrency", "Infinity"]);
    const path = join(cwd, "runs", "kept", "command.json");
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      format: "dspex/command",
      version: 1,
      cwd,
      options: { ...RIGHT, maxConcurrency: "Infinity" },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("another job's folder is refused in plain words, and keeps its command", async () => {
    await compile({ folder: "runs/other" });
    const { code, out, err } = await compile({
      folder: "runs/other",
      train: `${MODULE}#set`,
      metric: "f1:answer",
      teleprompter: `${MODULE}#byMetric`,
    });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error: .*is the folder of another job: what is otherwise is .*the metric/);
    expect(readFileSync(join(cwd, "runs", "other", "command.json"), "utf8")).not.toContain("f1:answer");
  });

  test("ready-made teleprompters take options as pairs or as JSON, and the metric", async () => {
    const labeled = await compile({ folder: "runs/labeled", teleprompter: "labeledFewShot:k=2,sample=false" });
    expect(labeled).toMatchObject({ code: 0, err: "" });
    const saved = readFileSync(join(cwd, "runs", "labeled", "best.json"), "utf8");
    expect(["right a", "right b", "right c"].filter((each) => saved.includes(each))).toEqual(["right a", "right b"]);
    const search = 'randomSearch:{"numCandidatePrograms": 0, "maxLabeledDemos": 1}';
    const searched = await compile({ folder: "runs/search", teleprompter: search, metric: "exactMatch:answer" });
    expect(searched).toMatchObject({ code: 0, err: "" });
    expect(searched.out).toContain("seed -3");
  });

  test("--dry-run asks nothing, writes nothing, and says what it would take", async () => {
    const { code, out } = await compile({ folder: "runs/dry" }, ["--dry-run"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^It would take about\ntrials +6\nLM calls +6\n/);
    expect(asked.count).toBe(0);
    expect(existsSync(join(cwd, "runs", "dry"))).toBe(false);
  });

  test("--dry-run says of a training that no budget counts it", async () => {
    const { out } = await compile({ folder: "runs/dry", teleprompter: `${MODULE}#training` }, ["--dry-run"]);
    expect(out).toMatch(/\nNOTE +it trains a model: a training, which no budget counts/);
  });

  test("Ctrl-C ends it in order: 130, and the same command goes on from there", async () => {
    asked.stuckFrom = 5;
    const ending = new AbortController();
    const first = compile({ folder: "runs/ctrl-c" }, ["--max-concurrency", "1"], { signal: ending.signal });
    await until(() => asked.count === 5);
    ending.abort("SIGINT");
    const { code, out, err } = await first;
    expect(code).toBe(130);
    expect(out).toMatch(/^state +stopped$/m);
    expect(err).toBe("interrupted: what is on record stays in runs/ctrl-c, and the same command goes on from there\n");
    Object.assign(asked, { count: 0, stuckFrom: Infinity });
    expect(await compile({ folder: "runs/ctrl-c" }, ["--max-concurrency", "1"])).toMatchObject({ code: 0, err: "" });
    expect(asked.count).toBe(2);
  });

  test.each([
    ["--max-calls", "4", 0, /^the budget is spent: the best so far is the result/],
    ["--max-calls", "2", 1, /^error: the budget was spent before any candidate/],
  ])("%s %s: exit code %i", async (option, value, code, said) => {
    const ended = await compile({ folder: `runs/budget-${value}` }, [option, value]);
    expect(ended).toMatchObject({ code, err: expect.stringMatching(said) as string });
    expect(asked.count).toBeLessThanOrEqual(Number(value));
  });

  test.each([
    ["refusing", /^error: every trial has failed: no candidate is better than another\n$/],
    ["keyless", /^error: no, not so\n$/],
  ])("with a model that is %s there is no better program: exit code 1", async (name, said) => {
    const ended = await compile({ folder: `runs/${name}`, system: `${MODULE}#${name}` });
    expect(ended).toMatchObject({ code: 1, err: expect.stringMatching(said) as string });
  });
});

describe("wrong input is exit code 2 and one line that says what is wrong", () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      "no such teleprompter",
      { teleprompter: "miprow:auto=light" },
      /no teleprompter "miprow" \(is "mipro" meant\?\).*labeledFewShot/,
    ],
    ["an option that it has not", { teleprompter: "labeledFewShot:kk=3" }, /no option "kk"/],
    ["an option that makes no sense", { teleprompter: "labeledFewShot:k=-1" }, /k must be a whole number/],
    ["options that are no pairs", { teleprompter: "labeledFewShot:3" }, /expected name=value/],
    ["options that are no JSON", { teleprompter: "labeledFewShot:{k:3}" }, /is no JSON/],
    ["no metric where one is needed", { teleprompter: "randomSearch" }, /metric is missing/],
    ["a metric where none is taken", { teleprompter: "labeledFewShot", metric: "f1:answer" }, /takes no metric/],
    ["a metric for one that has its own", { metric: "f1:answer" }, /export a function that takes it/],
    ["no teleprompter", { teleprompter: `${MODULE}#three` }, /expected a teleprompter.*got 3/],
    ["a trainset that is not there", { train: "gone.jsonl" }, /gone\.jsonl/],
    ["a page where a folder is", { html: "." }, /is a folder/],
  ])("%s", async (_, told, said) => {
    const { code, out, err } = await compile({ folder: "runs/wrong", ...told });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err).toMatch(said);
    expect(existsSync(join(cwd, "runs", "wrong"))).toBe(false);
  });
});

test("the help lists teleprompters and metrics", async () => {
  const { world, printed } = madeWorld();
  expect(await runCli(["compile", "--help"], world)).toBe(0);
  for (const word of ["mipro[:auto=light,seed=9,…]", "labeledFewShot[:k=16,…]", "exactMatch:FIELD[:frac]"])
    expect(printed.out).toContain(word);
});
