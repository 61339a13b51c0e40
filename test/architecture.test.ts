import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { describe, expect, test } from "vitest";
import { checkLayers } from "./architecture/check-layers.ts";
import { DOMAIN, FOLDERS, MAX_LINES, RUNTIME } from "./architecture/layers.ts";

const SRC = join(import.meta.dirname, "..", "src");

function readSources(): Map<string, string> {
  const paths = globSync("**/*.{ts,mts,cts,tsx,js,mjs,cjs}", { cwd: SRC });
  return new Map(paths.map((path) => [path.split(sep).join("/"), readFileSync(join(SRC, path), "utf8")]));
}

describe("the sources", () => {
  test("keep to their layers", () => {
    const files = readSources();
    const { violations, edges } = checkLayers(files);
    expect(violations).toEqual([]);
    expect(edges).toBeGreaterThan(0);
  });
});

describe("the layer list", () => {
  test("keeps the two columns apart", () => {
    for (const folder of DOMAIN)
      expect(FOLDERS[folder]).not.toEqual(expect.arrayContaining([expect.toBeOneOf([...RUNTIME])]));
    for (const folder of RUNTIME)
      expect(FOLDERS[folder]?.filter((to) => to !== "foundation" && !isRuntime(to))).toEqual([]);
  });

  test("goes downward only", () => {
    const order = Object.keys(FOLDERS);
    for (const [folder, allowed] of Object.entries(FOLDERS)) {
      for (const to of allowed) expect(order.indexOf(to), `${folder} → ${to}`).toBeLessThan(order.indexOf(folder));
    }
  });
});

function isRuntime(folder: string): boolean {
  return RUNTIME.some((name) => name === folder);
}

/** A tree that is in order, with some files put in wrong. */
function planted(wrong: Record<string, string>): readonly string[] {
  const sound = {
    "foundation/clock.ts": "export const now = () => performance.now() + Date.now();",
    "foundation/random.ts": "export const draw = () => Math.random();",
    "runtime/actor.ts": 'import { now } from "../foundation/clock.ts"; export const born = now();',
    "runtime/nact-host.ts": 'import nact from "nact"; export const host = nact;',
    "lm/language-model.ts": "export interface LanguageModel { readonly model: string }",
    "lm/openai/openai.ts": 'import OpenAI from "openai"; export { OpenAI };',
    "programs/predict.ts":
      'import type { LanguageModel } from "../lm/language-model.ts"; export type L = LanguageModel;',
    "index.ts": 'export { born } from "./runtime/actor.ts";',
  };
  return checkLayers(new Map(Object.entries({ ...sound, ...wrong }))).violations;
}

describe("the check itself", () => {
  test("finds nothing in a tree that is in order", () => {
    expect(planted({})).toEqual([]);
  });

  test.each<[what: string, wrong: Record<string, string>, said: string]>([
    [
      "an import from the domain into the runtime",
      { "programs/bad.ts": 'import { born } from "../runtime/actor.ts"; born;' },
      "programs/bad.ts: imports runtime/actor.ts; programs/ may not import runtime/",
    ],
    [
      "an import from the runtime into the domain, as a type",
      { "runtime/bad.ts": 'import type { L } from "../programs/predict.ts"; export type M = L;' },
      "runtime/bad.ts: imports programs/predict.ts; runtime/ may not import programs/",
    ],
    [
      "an inline type import",
      { "foundation/bad.ts": 'export type M = import("../lm/language-model.ts").LanguageModel;' },
      "foundation/bad.ts: imports lm/language-model.ts; foundation/ may not import lm/",
    ],
    [
      "a re-export upward",
      { "lm/bad.ts": 'export * from "../programs/predict.ts";' },
      "lm/bad.ts: imports programs/predict.ts; lm/ may not import programs/",
    ],
    [
      "a dynamic import upward",
      { "lm/bad.ts": 'export const late = () => import("../programs/predict.ts");' },
      "lm/bad.ts: imports programs/predict.ts; lm/ may not import programs/",
    ],
    [
      "a dynamic import that nobody can read",
      { "lm/bad.ts": "export const late = (name: string) => import(name);" },
      "lm/bad.ts: imports a module whose name is no plain string",
    ],
    [
      "an import of the barrel",
      { "lm/bad.ts": 'import { born } from "../index.ts"; born;' },
      "lm/bad.ts: imports index.ts; files on top of src are for users",
    ],
    [
      "an import of the command line",
      { "cli/main.ts": "export {};", "actors/bad.ts": 'import {} from "../cli/main.ts";' },
      "actors/bad.ts: imports cli/main.ts; actors/ may not import cli/",
    ],
    [
      "an engine in the barrel",
      { "llama.ts": 'export {} from "./lm/language-model.ts";', "index.ts": 'export * from "./llama.ts";' },
      "index.ts: imports llama.ts, which index.ts may not",
    ],
    [
      "nact outside its host",
      { "runtime/bad.ts": 'import nact from "nact"; nact;' },
      "runtime/bad.ts: imports the package nact, which belongs to runtime/nact-host.ts",
    ],
    [
      "two importers of openai",
      { "lm/openai/stream.ts": 'import type { Stream } from "openai/streaming"; export type S = Stream<string>;' },
      "lm/openai/openai.ts, lm/openai/stream.ts: all import openai; one file may",
    ],
    [
      "a package that is not declared",
      { "lm/bad.ts": 'import { x } from "@scope/left-pad/sub"; x;' },
      "lm/bad.ts: imports the package @scope/left-pad, which is not declared",
    ],
    [
      "an import that leaves src",
      { "lm/bad.ts": 'import { x } from "../../test/x.ts"; x;' },
      "lm/bad.ts: imports ../../test/x.ts, which leaves src",
    ],
    [
      "an import of a file that is not there",
      { "lm/bad.ts": 'import { x } from "./gone.ts"; x;' },
      "lm/bad.ts: imports ./gone.ts, which is not a file of src",
    ],
    ["a folder that is not declared", { "misc/bad.ts": "export {};" }, "misc/bad.ts: folder misc/ is not declared"],
    [
      "a top file that is not declared",
      { "more.ts": "export {};" },
      "more.ts: is not declared as a file on top of src",
    ],
    [
      "a line on the terminal outside its door",
      { "lm/bad.ts": 'process.stderr.write("x");' },
      "lm/bad.ts: uses process.stderr, which belongs to foundation/status-line.ts, cli/main.ts, cli/needs-node.ts",
    ],
    ["a name in another case", { "lm/OpenAi.ts": "export {};" }, "lm/OpenAi.ts: is not kebab-case"],
    ["a name for no idea", { "lm/utils.ts": "export {};" }, "lm/utils.ts: is named for no idea"],
    ["an inner barrel", { "lm/index.ts": "export {};" }, "lm/index.ts: is an inner barrel"],
    [
      "a long file",
      { "lm/bad.ts": "// line\n".repeat(MAX_LINES + 1) },
      `lm/bad.ts: has ${MAX_LINES + 1} lines; the most is ${MAX_LINES}`,
    ],
    [
      "real time",
      { "lm/bad.ts": "export const at = Date.now();" },
      "lm/bad.ts: uses Date.now, which belongs to foundation/clock.ts",
    ],
    [
      "a date of now",
      { "lm/bad.ts": "export const at = new Date().toISOString();" },
      "lm/bad.ts: uses new Date, which belongs to foundation/clock.ts",
    ],
    [
      "a real timer, passed on as a value",
      { "lm/bad.ts": "export const timers = { start: setTimeout };" },
      "lm/bad.ts: uses setTimeout, which belongs to foundation/clock.ts",
    ],
    [
      "a real timer, through the global object",
      { "lm/bad.ts": "globalThis.setInterval(() => {}, 1);" },
      "lm/bad.ts: uses setInterval, which belongs to foundation/clock.ts",
    ],
    [
      "a module of timers",
      { "lm/bad.ts": 'import { setTimeout as wait } from "node:timers/promises"; wait;' },
      "lm/bad.ts: imports node:timers/promises, which belongs to foundation/clock.ts",
    ],
    [
      "real randomness",
      { "lm/bad.ts": "export const id = crypto.randomUUID();" },
      "lm/bad.ts: uses crypto.randomUUID, which belongs to foundation/random.ts",
    ],
    [
      "a node module in a pure folder",
      { "adapters/bad.ts": 'import { readFileSync } from "node:fs"; readFileSync;' },
      "adapters/bad.ts: imports node:fs; adapters/ is pure",
    ],
    ["console", { "lm/bad.ts": 'console.warn("hello");' }, "lm/bad.ts: uses console; emit telemetry, a logger listens"],
  ])("sees %s", (_what, wrong, said) => {
    expect(planted(wrong)).toContain(said);
  });

  test("does not take a property for the global of that name", () => {
    const code =
      "export const f = (timers: { setTimeout(): void }, date: string) => { timers.setTimeout(); return new Date(date); };";
    expect(planted({ "lm/fine.ts": code })).toEqual([]);
  });

  test("lets the command line import what users do, and load what it is told in one place", () => {
    const loader = "export const load = (url: string) => import(url);";
    const main = 'import { born } from "../index.ts"; born;';
    expect(planted({ "cli/main.ts": main, "cli/named/import-module.ts": loader })).toEqual([]);
    expect(planted({ "cli/other.ts": loader })).toHaveLength(1);
  });

  test("says when it has read nothing", () => {
    const nothing = "src: no import was read, so nothing was checked";
    expect(checkLayers(new Map()).violations).toEqual([nothing]);
    expect(checkLayers(new Map([["lm/a.ts", "export {};"]])).violations).toEqual([nothing]);
  });

  test("says when a file cannot be parsed", () => {
    expect(planted({ "lm/bad.ts": "export const = ;" }).join()).toContain("lm/bad.ts: cannot be parsed:");
  });
});
