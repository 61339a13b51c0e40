// Plays any file of recorded cases: which kind it is, its name says.
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { firstDifference } from "../otp/compare.ts";
import { judgeBug } from "./judge-bug.ts";
import { parseOrdered } from "./ordered-json.ts";
import { playFormat } from "./play-format.ts";
import type { FormatCase } from "./play-format.ts";
import { expectedOptimizer, NotBuilt, playOptimizer } from "./optimizers/play-optimizer.ts";
import { playMetric } from "./play-metrics.ts";
import type { MetricCase } from "./play-metrics.ts";
import { expectedNativeTools, playNativeTools } from "./play-native-tools.ts";
import type { NativeToolsCase } from "./play-native-tools.ts";
import { expectedParse, playParse } from "./play-parse.ts";
import type { ParseCase } from "./play-parse.ts";
import { expectedProposer, playProposer } from "./play-proposers.ts";
import type { ProposerCase } from "./play-proposers.ts";
import { expectedRandom, playRandom } from "./play-random.ts";
import type { RandomCase } from "./play-random.ts";
import { expectedResponseFormat, playResponseFormat } from "./play-response-format.ts";
import type { ResponseFormatCase } from "./play-response-format.ts";
import { playSaved } from "./play-saved.ts";
import type { SavedCase } from "./play-saved.ts";
import { playSignature } from "./play-signature.ts";
import type { SignatureCase } from "./play-signature.ts";
import { playTpe } from "./play-tpe.ts";
import type { TpeCase } from "./play-tpe.ts";
import { isFailure } from "./vector-case.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";

export interface Played {
  readonly name: string;
  readonly rule: string;
  /** The first place where the library does something else; undefined where it does not. */
  readonly difference: string | undefined;
  /** False for mistakes of DSPy of which it could only be seen that they are not repeated. */
  readonly decided: boolean;
  /** What it would take that is not built yet, where that is so: such a case is neither passed nor failed. */
  readonly notBuilt?: string;
}

interface Player {
  play(played: VectorCase): Outcome | Promise<Outcome>;
  expected(expect: object, played: VectorCase): Outcome;
  /** Numbers that differ by no more than this share of the greater one are the same. Default: equal ones alone are. */
  readonly within?: number;
}

const asIs = (expect: object): Outcome => expect;

// The files' kinds say what their cases hold beside what all have: hence the casts.
const PLAYERS: Readonly<Record<string, (path: string) => Player>> = {
  signatures: () => SIGNATURE,
  "signatures-types": () => SIGNATURE,
  format: () => FORMAT,
  "format-objects": () => FORMAT,
  "format-floats": () => FORMAT,
  "format-media": () => FORMAT,
  "format-types": () => FORMAT,
  parse: () => PARSE,
  "parse-types": () => PARSE,
  "response-format": () => RESPONSE_FORMAT,
  "response-format-types": () => RESPONSE_FORMAT,
  "native-tools": () => ({
    play: (each) => playNativeTools(each as NativeToolsCase),
    expected: expectedNativeTools,
  }),
  metrics: () => ({ play: (each) => playMetric(each as MetricCase), expected: asIs }),
  "python-random": () => ({ play: (each) => playRandom(each as RandomCase), expected: expectedRandom }),
  proposers: () => ({ play: (each) => playProposer(each as ProposerCase), expected: expectedProposer }),
  tpe: () => ({ play: (each) => playTpe(each as TpeCase), expected: asIs, within: 1e-9 }),
  optimizers: () => ({ play: playOptimizer, expected: expectedOptimizer }),
  saved: (path) => ({ play: (each) => playSaved(each as SavedCase, path), expected: asIs }),
};

const FORMAT: Player = { play: (each) => playFormat(each as FormatCase), expected: asIs };

const SIGNATURE: Player = { play: (each) => playSignature(each as SignatureCase), expected: asIs };

const PARSE: Player = { play: (each) => playParse(each as ParseCase), expected: expectedParse };

const RESPONSE_FORMAT: Player = {
  play: (each) => playResponseFormat(each as ResponseFormatCase),
  expected: expectedResponseFormat,
};

export const KINDS: readonly string[] = Object.keys(PLAYERS);

/** A file of cases, or one case of a folder `saved`. */
export interface CaseFile {
  readonly path: string;
  readonly kind: string;
}

/** `format-bugs.json` is of the kind `format`; whole runs of optimizers may come in several files. */
export function kindOf(path: string): string {
  return basename(path)
    .replace(/\.json$/, "")
    .replace(/-bugs$/, "")
    .replace(/^optimizers-.*$/, "optimizers");
}

/**
 * The files of cases in a file or a folder, in order of their names: in a folder `saved` (or any that holds
 * `X.expect.json`) each of these is one.
 */
export async function filesIn(path: string): Promise<readonly CaseFile[]> {
  if (!(await stat(path)).isDirectory()) {
    if (path.endsWith(".expect.json")) return [{ path, kind: "saved" }];
    const expect = path.replace(/\.json$/, ".expect.json");
    const isSaved = expect !== path && (await stat(expect).catch(() => undefined)) !== undefined;
    return isSaved ? [{ path: expect, kind: "saved" }] : [{ path, kind: kindOf(path) }];
  }
  const entries = (await readdir(path, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const expects = entries.filter(({ name }) => name.endsWith(".expect.json"));
  if (expects.length > 0) return expects.map(({ name }) => ({ path: join(path, name), kind: "saved" }));
  const found = entries
    .filter((entry) => entry.isDirectory() || entry.name.endsWith(".json"))
    .map(({ name }) => filesIn(join(path, name)));
  return (await Promise.all(found)).flat();
}

/** @throws Error when the file holds no cases */
export async function casesOf({ path, kind }: CaseFile): Promise<readonly VectorCase[]> {
  const data = parseOrdered(await readFile(path, "utf8"));
  const cases: unknown = kind === "saved" ? [data] : data;
  if (!Array.isArray(cases)) throw new Error(`${path}: expected a list of cases`);
  const wrong = cases.findIndex((each) => typeof each !== "object" || each === null || !("expect" in each));
  if (wrong >= 0) throw new Error(`${path}: case ${wrong} says nothing that is expected`);
  // What else a case holds is its player's to read, behind a catch.
  return cases as readonly VectorCase[];
}

export async function playCase(played: VectorCase, { path, kind }: CaseFile): Promise<Played> {
  const { name, rule } = played;
  const make = Object.hasOwn(PLAYERS, kind) ? PLAYERS[kind] : undefined;
  if (make === undefined)
    return { name, rule, difference: `cases of the kind "${kind}" are not built yet`, decided: true };
  try {
    const player = make(path);
    const outcome = await player.play(played);
    // A file without expectations shows as a difference.
    const expected = (played.ours ?? played.expect) as object;
    const wanted = player.expected(expected, played);
    const got = player.within === undefined ? outcome : (nearly(outcome, wanted, player.within) as Outcome);
    if (played.bug === true && played.ours === undefined) return { name, rule, ...judgeBug(played, got, wanted) };
    return { name, rule, difference: differenceOf(got, wanted, played.ours !== undefined), decided: true };
  } catch (thrown) {
    if (thrown instanceof NotBuilt)
      return { name, rule, difference: undefined, decided: true, notBuilt: thrown.message };
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { name, rule, difference: `could not be played: ${message}`, decided: true };
  }
}

/** Of a failure only that it is one is compared, unless the expectation is our own and has a message. */
function differenceOf(got: Outcome, wanted: Outcome, own: boolean): string | undefined {
  if (!isFailure(wanted)) return firstDifference(got, wanted);
  if (!isFailure(got)) return `got ${JSON.stringify(got)}, expected an error`;
  return own && "message" in wanted ? firstDifference(got, wanted) : undefined;
}

/** What came, with the expected number in the place of each that is as good as that. */
function nearly(got: unknown, wanted: unknown, within: number): unknown {
  if (typeof got === "number" && typeof wanted === "number")
    return Math.abs(got - wanted) <= within * Math.max(Math.abs(got), Math.abs(wanted)) ? wanted : got;
  if (typeof got !== "object" || typeof wanted !== "object" || got === null || wanted === null) return got;
  const inside = (value: unknown, key: string | number): unknown =>
    nearly(value, (wanted as Readonly<Record<string, unknown>>)[key], within);
  if (Array.isArray(got)) return got.map(inside);
  return Object.fromEntries(Object.entries(got).map(([key, value]: [string, unknown]) => [key, inside(value, key)]));
}
