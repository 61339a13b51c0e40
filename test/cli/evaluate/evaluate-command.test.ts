import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CliWorld } from "../../../src/cli/cli-world.ts";
import { runCli } from "../../../src/cli/run-cli.ts";
import { madeWorld } from "../made-world.ts";

const QA = join(import.meta.dirname, "..", "..", "fixtures", "cli", "qa.ts");

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dspex-cli-"));
  const rows = [0, 1, 2].map((index) => ({
    question: `q${index}`,
    answer: `a${index}`,
    level: index === 0 ? "low" : "high",
  }));
  writeFileSync(join(folder, "dev.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  writeFileSync(join(folder, "bad.jsonl"), `{"question": "q0", "answer": "a0"}\n{"question": 7}\n`);
  writeFileSync(join(folder, "broken.jsonl"), `{"question": "q0"\n`);
  writeFileSync(join(folder, "empty.jsonl"), "");
  writeFileSync(join(folder, "several.jsonl"), `{"question": "q1", "answer": ["yes", "no idea"]}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function dspex(words: readonly string[], setup: Partial<CliWorld> = {}) {
  const { world, printed } = madeWorld({ cwd: folder, ...setup });
  return { code: await runCli(words, world), ...printed, out: printed.out, err: printed.err };
}

/** What is right, unless the test says otherwise. */
const RIGHT = { program: `${QA}#qa`, metric: "exactMatch:answer", set: "dev.jsonl", system: `${QA}#system` };

function evaluate(told: Partial<Record<keyof typeof RIGHT, string>>, more: readonly string[] = [], setup = {}) {
  const words = Object.entries({ ...RIGHT, ...told }).flatMap(([name, value]) => [`--${name}`, value]);
  return dspex(["evaluate", ...words, "--no-progress", ...more], setup);
}

describe("dspex evaluate", () => {
  test("prints the table, and nothing else", async () => {
    const { code, out, err } = await evaluate({});
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^program +question -> answer\nscore +66\.67 /);
    expect(out).toContain("no idea");
  });

  test.each([
    ["66.66", 0, ""],
    ["66.7", 1, "error: the score 66.67 is below 66.7\n"],
  ])("--fail-under %s: exit code %i", async (score, code, err) => {
    expect(await evaluate({}, ["--fail-under", score])).toMatchObject({ code, err });
  });

  test.each(["plain", "started"])("the system may be %s", async (name) => {
    expect(await evaluate({ system: `${QA}#${name}` })).toMatchObject({ code: 0, err: "" });
  });

  test("names left out mean the default export; a chain of thought has the labels of what it thinks about", async () => {
    expect(await evaluate({ program: QA })).toMatchObject({ code: 0 });
    const thought = await evaluate({ program: `${QA}#thoughtful` }, ["--max-errors", "0"]);
    // The scripted model gives no reasoning; the columns and the metric were right.
    expect(thought).toMatchObject({ code: 1, err: expect.stringContaining("--max-errors") as string });
  });

  test("code of one's own says what its fields are, and a set may be a module's", async () => {
    const composed = { program: `${QA}#composed` };
    expect(await evaluate(composed)).toMatchObject({ code: 2, err: expect.stringContaining("--signature") as string });
    expect(await evaluate(composed, ["--signature", "question -> answer"])).toMatchObject({ code: 0 });
    expect(await evaluate(composed, ["--signature", `${QA}#task`])).toMatchObject({ code: 0 });
    expect(await evaluate({ ...composed, set: `${QA}#set` })).toMatchObject({ code: 0 });
  });

  test("--signature also says where several answers are right", async () => {
    const told = { set: "several.jsonl" };
    const { code, out } = await evaluate(told, ["--signature", "question -> answer: list[str]"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^score +100\.00 /m);
  });

  test("several metrics stand beside each other, ready-made and one's own", async () => {
    const { code, out } = await evaluate({}, ["--metric", "f1:answer", "--metric", `${QA}#both`]);
    expect(code).toBe(0);
    expect(out).toMatch(/^metrics +exactMatch:answer 0\.6\d+, f1:answer 0\.6\d+, half 0\.5, none 0$/m);
  });

  test("writes each form to its file, readable by its owner alone, in folders that it makes", async () => {
    const forms = {
      html: "out/r.html",
      junit: "out/r.xml",
      csv: "out/r.csv",
      json: "out/r.json",
      markdown: "out/r.md",
    };
    const words = Object.entries(forms).flatMap(([form, file]) => [`--${form}`, file]);
    const { code, out } = await evaluate({}, [...words, "--slice", "level", "--trace", "--rows", "1"]);
    expect(code).toBe(0);
    expect(out).toContain("… and 2 more");
    expect(out).toMatch(/high .* 2 .* 50\.00/);
    const texts = Object.values(forms).map((file) => readFileSync(join(folder, file), "utf8"));
    expect(texts.map((text) => text.slice(0, 9))).toEqual([
      "<!doctype",
      "<?xml ver",
      expect.any(String),
      expect.stringMatching(/^\{/),
      expect.any(String),
    ]);
    expect(statSync(join(folder, forms.html)).mode & 0o777).toBe(0o600);
  });

  test("a form may take the table's place on standard output", async () => {
    const { code, out } = await evaluate({}, ["--json", "-"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ value: { score: 66.67 } });
    expect(readdirSync(folder)).not.toContain("-");
  });

  test("a journal is taken up again", async () => {
    const words = ["--journal", "runs/dev.jsonl"];
    expect((await evaluate({}, words)).out).not.toContain("from the journal");
    expect((await evaluate({}, words)).out).toContain("3 predictions and 3 scores are from the journal");
    const refused = await evaluate({ set: `${QA}#set` }, [
      ...words,
      "--metric",
      "f1:answer",
      "--on-mismatch",
      "refuse",
    ]);
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: .*is the journal of another/) as string,
    });
  });

  test("--dry-run asks nothing and says what it would take", async () => {
    const { code, out } = await evaluate({}, ["--dry-run", "--journal", "none.jsonl"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^trials +3\nLM calls +3\ntokens in +\d+$/m);
    expect(existsSync(join(folder, "none.jsonl"))).toBe(false);
  });

  test.each([
    ["a budget", ["--max-calls", "1", "--max-concurrency", "1"], {}, "the budget is spent: 1 of 3 trials are done"],
    ["too many errors", ["--max-errors", "0"], { system: `${QA}#refusing` }, "--max-errors allows"],
    ["every trial", [], { system: `${QA}#refusing` }, "every trial has failed (auth 3)"],
  ])("%s that ends it fails it: exit code 1, with the report", async (_, more, told, said) => {
    const { code, out, err } = await evaluate(told, more);
    expect(code).toBe(1);
    expect(out).toMatch(/^score /m);
    expect(err).toContain(said);
  });

  test.each([
    ["throws", "throwing", /^error: the system does not start: .*#throwing threw Error: no database today\n$/],
    ["lacks something", "keyless", /^error: the system does not start: [^\n]*http or https URL[^\n]*\n$/],
  ])("a system that %s: exit code 1, one line", async (_, name, said) => {
    expect(await evaluate({ system: `${QA}#${name}` })).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(said) as string,
    });
  });

  test("interrupted before there is anything to report: one word, 130", async () => {
    const signal = AbortSignal.abort("SIGINT");
    expect(await evaluate({}, [], { signal })).toMatchObject({ code: 130, out: "", err: "interrupted\n" });
  });
});

describe("wrong input is exit code 2 and one line that says what is wrong", () => {
  test.each<[string, Partial<typeof RIGHT>, RegExp]>([
    ["a module that is not there", { program: "gone.ts#qa" }, /--program: there is no file gone\.ts/],
    ["no such export", { program: `${QA}#qaa` }, /exports no "qaa" \(is "qa" meant\?\); it exports .*composed/],
    ["an empty name", { program: `${QA}#` }, /--program: expected FILE#name/],
    ["no program", { program: `${QA}#three` }, /expected a program, got 3/],
    ["no system", { system: `${QA}#three` }, /expected options of startSystem.*got 3/],
    ["a set that is not there", { set: "gone.jsonl" }, /gone\.jsonl/],
    ["a set of another kind", { set: "dev.txt" }, /ends in \.jsonl, \.json, \.csv, \.parquet/],
    ["a bad row", { set: "bad.jsonl" }, /bad\.jsonl, line 2, field "question": /],
    ["a bad line", { set: "broken.jsonl" }, /broken\.jsonl, line 1/],
    ["an empty set", { set: "empty.jsonl" }, /there are no examples/],
    ["an empty list", { set: `${QA}#nobody` }, /there are no examples/],
    ["no list of examples", { set: `${QA}#three` }, /expected a list of examples, got 3/],
    [
      "a metric that there is none of",
      { metric: "exactMatsh:answer" },
      /is "exactMatch" meant\?.*numeric:FIELD\[:tolerance\]/,
    ],
    ["a metric of nothing", { metric: "f1" }, /of which output\? The form is f1:FIELD/],
    ["a metric of another program", { metric: "f1:answr" }, /gives no "answr" \(is "answer" meant\?\)/],
    ["two outputs where one is compared", { metric: "f1:answer,answer" }, /gives no "answer,answer"/],
    ["a setting that is none", { metric: "exactMatch:answer:much" }, /expected a number, got "much"/],
    ["a setting that makes no sense", { metric: "exactMatch:answer:2" }, /frac must be a number from 0 to 1/],
    ["a setting too many", { metric: "f1:answer:2" }, /f1 takes no setting/],
    ["no metric", { metric: `${QA}#three` }, /expected a metric/],
  ])("%s", async (_, told, said) => {
    const { code, out, err } = await evaluate(told);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err).toMatch(said);
  });

  test.each<[readonly string[], RegExp]>([
    [["--fail-undr", "3"], /unknown option '--fail-undr' \(Did you mean --fail-under\?\)/],
    [["--fail-under", "much"], /It takes a number/],
    [["--samples", "0"], /whole number above 0/],
    [["--on-mismatch", "ask"], /Allowed choices are add, refuse, restart/],
    [["--dry-run", "--fail-under", "3"], /cannot be used with/],
    [["--json", "-", "--csv", "-"], /one of them may go to standard output/],
    [["--html", "."], /is a folder/],
    [["--html", "dev.jsonl/r.html"], /there can be no file/],
    [["--metric", "exactMatch:answer"], /two metrics are called/],
    [["--program", "b.ts"], /argument 'b\.ts' is invalid\. It was given before, as .*qa\.ts#qa/],
    [["more"], /too many arguments/],
    [["--on-mismatch", "refuse"], /about a journal/],
  ])("%j", async (more, said) => {
    const { code, out, err } = await evaluate({}, more);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err).toMatch(said);
  });

  test("a program that is not told", async () => {
    expect(await dspex(["evaluate"])).toMatchObject({ code: 2, err: expect.stringContaining("--program") as string });
  });

  test("a command that there is none of", async () => {
    expect(await dspex(["evalute"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean evaluate?") as string,
    });
  });

  test("--verbose shows what a module threw as it was loaded", async () => {
    writeFileSync(join(folder, "throws.mjs"), 'throw new Error("not today");\n');
    const told = { program: "throws.mjs#qa" };
    expect((await evaluate(told)).err).toMatch(
      /^error: --program: throws\.mjs could not be loaded: Error: not today [^\n]+\n$/,
    );
    expect((await evaluate(told, ["--verbose"])).err).toMatch(/caused by: Error: not today\n\s+at .*throws\.mjs/);
  });
});

test("help and version go to standard output, and nothing is wrong", async () => {
  expect(await dspex([])).toMatchObject({ code: 0, out: expect.stringContaining("evaluate") as string, err: "" });
  expect(await dspex(["--version"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
  const { code, out } = await dspex(["evaluate", "--help"]);
  expect(code).toBe(0);
  for (const word of ["--fail-under", "--journal", "--html", "--junit", "exactMatch:FIELD[:frac]"])
    expect(out).toContain(word);
});
