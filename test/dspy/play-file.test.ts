import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { casesOf, filesIn, kindOf, playCase } from "./play-file.ts";
import type { VectorCase } from "./vector-case.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-cases-"));
});
afterEach(() => rm(folder, { recursive: true }));

const FIELDS = [
  { name: "q", role: "input", type: "str" },
  { name: "a", role: "output", type: "int" },
];

function parseCase(completion: string, rest: object): VectorCase {
  const made = { name: "n", rule: "r", adapter: "chat", signature: { fields: FIELDS }, completion, ...rest };
  return made as unknown as VectorCase;
}

async function difference(played: VectorCase, kind = "parse"): Promise<string | undefined> {
  return (await playCase(played, { path: "x.json", kind })).difference;
}

describe("a player of recorded cases", () => {
  test("takes a file's name for its kind", () => {
    expect(kindOf("some/format-bugs.json")).toBe("format");
    expect(kindOf("response-format.json")).toBe("response-format");
  });

  test("passes a case whose outcome is the expected one, and names the first difference of one that is not", async () => {
    expect(await difference(parseCase("[[ ## a ## ]]\n3", { expect: { fields: { a: 3 } } }))).toBeUndefined();
    expect(await difference(parseCase("[[ ## a ## ]]\n3", { expect: { fields: { a: 4 } } }))).toBe(
      "/fields/a: got 3, expected 4",
    );
    expect(await difference(parseCase("[[ ## a ## ]]\n3", { expect: { error: true } }))).toMatch(/expected an error/);
    expect(await difference(parseCase("[[ ## a ## ]]\nx", { expect: { error: true } }))).toBeUndefined();
  });

  test("compares the order of fields", async () => {
    const signature = { fields: [...FIELDS, { name: "b", role: "output", type: "int" }] };
    const played = { signature, expect: { fields: { b: 1, a: 3 } } };
    expect(await difference(parseCase("[[ ## b ## ]]\n1\n[[ ## a ## ]]\n3", played))).toMatch(/order/);
  });

  test("fails what is not built yet, by name", async () => {
    expect(await difference(parseCase("", { expect: {} }), "x")).toBe('cases of the kind "x" are not built yet');
    expect(await difference(parseCase("", { expect: {} }), "constructor")).toMatch(/not built yet/);
  });

  test("tells an optimizer that is not built yet, and neither passes nor fails it", async () => {
    const played = { name: "n", rule: "r", optimizer: { name: "shaper" }, expect: {} };
    const came = await playCase(played, { path: "x.json", kind: kindOf("some/optimizers-new-bugs.json") });
    expect(came).toMatchObject({ difference: undefined, notBuilt: "shaper" });
  });

  test("fails what it cannot play, and goes on", async () => {
    expect(await difference({ name: "n", rule: "r", expect: {} })).toMatch(/could not be played/);
  });

  test("finds the files of a folder, and each program of a folder of saved ones", async () => {
    await writeFile(join(folder, "parse.json"), "[]");
    await writeFile(join(folder, "README.md"), "");
    expect(await filesIn(folder)).toEqual([{ path: join(folder, "parse.json"), kind: "parse" }]);
    await writeFile(join(folder, "x.expect.json"), "{}");
    expect(await filesIn(folder)).toEqual([{ path: join(folder, "x.expect.json"), kind: "saved" }]);
  });

  test("takes one saved program by its own file, or by what is expected of it", async () => {
    await writeFile(join(folder, "x.json"), "{}");
    await writeFile(join(folder, "x.expect.json"), "{}");
    const saved = [{ path: join(folder, "x.expect.json"), kind: "saved" }];
    expect(await filesIn(join(folder, "x.json"))).toEqual(saved);
    expect(await filesIn(join(folder, "x.expect.json"))).toEqual(saved);
  });

  test("refuses a file that holds no list, or no cases", async () => {
    await writeFile(join(folder, "parse.json"), '{"a": 1}');
    await expect(casesOf({ path: join(folder, "parse.json"), kind: "parse" })).rejects.toThrow("a list of cases");
    await writeFile(join(folder, "parse.json"), "[null]");
    await expect(casesOf({ path: join(folder, "parse.json"), kind: "parse" })).rejects.toThrow("case 0 says nothing");
  });
});

describe("mistakes of DSPy", () => {
  const bug = (completion: string, better: string, expect: object): VectorCase =>
    parseCase(completion, { bug: true, better, expect });

  test.each<[what: string, played: VectorCase, passes: boolean]>([
    ["refusing passes where better says so", bug("[[ ## a ## ]]\nTrue", "An error.", { fields: { a: 1 } }), true],
    ["taking fails where better is an error", bug("[[ ## a ## ]]\n5", "An error.", { fields: { a: 4 } }), false],
    ["what was meant is compared", bug(" [[ ## a ## ]]\n5", 'What was meant: {"a": 5}', { error: true }), true],
    ["and differs", bug("[[ ## a ## ]]\n5", 'What was meant: {"a": 6}', { error: true }), false],
    ["doing as DSPy does fails", bug("[[ ## a ## ]]\n5", "Something else.", { fields: { a: 5 } }), false],
    ["refusing fails where better does not say so", bug("[[ ## a ## ]]\nx", "Keep it.", { fields: { a: 5 } }), false],
    ["a unit is an error", bug("[[ ## a ## ]]\n5 kg", "1,234 is 1234; a unit is an error that says so.", {}), true],
    ["thousands are read", bug("[[ ## a ## ]]\n1,234", "1,234 is 1234; a unit is an error that says so.", {}), true],
  ])("%s", async (_what, played, passes) => {
    expect((await difference(played)) === undefined).toBe(passes);
  });

  test("an explicit expectation goes before words", async () => {
    const played = { ...bug("[[ ## a ## ]]\n5", "An error.", { error: true }), ours: { fields: { a: 5 } } };
    expect(await difference(played)).toBeUndefined();
  });

  test("it is told where words leave open what is right", async () => {
    const played = bug("[[ ## a ## ]]\n5", "Something else.", { fields: { a: 4 } });
    expect(await playCase(played, { path: "parse-bugs.json", kind: "parse" })).toMatchObject({
      difference: undefined,
      decided: false,
    });
  });
});
