import type { Program } from "../../programs/program.ts";
import { textsOf } from "../texts.ts";
import type { JobStep } from "../job/job-board.ts";
import type { TextOrigin } from "../teleprompter.ts";

/** Where a text of a program came from, and whose words its writers were shown. */
export interface TextSource {
  /** Of a predictor (its instructions), of a field's description in it, or of a declared text. */
  readonly path: string;
  /** `"given"`: the student had it. `"unknown"`: nobody has told. */
  readonly by: "given" | Exclude<TextOrigin["by"], "candidate"> | "unknown";
  /** The client that was asked, where one was named. */
  readonly client?: string;
  /** The candidate that had it first. */
  readonly candidate?: string;
  /** Ids of the examples whose inputs, answers and feedback its writer was shown. Left out: nobody has told. */
  readonly examples?: readonly string[];
  /** Of those that writers of the texts before it were shown, from which it was made. Left out: none besides. */
  readonly earlier?: readonly string[];
}

/** Demos of a predictor that the student has not. */
export interface DemoSource {
  readonly path: string;
  /** Examples as they are. */
  readonly examples: number;
  /** Out of runs: what models and tools answered may stand in them. */
  readonly runs: number;
}

/** Tells of any program of a search where each of its texts came from that may be changed, in the program's order. */
export function sourcesIn(
  student: Program<never>,
  steps: readonly JobStep[],
): (program: Program<never>) => readonly TextSource[] {
  const given = textsOf(student, true);
  const named = new Map(steps.map((step) => [step.name, step]));
  const known = new Map<JobStep, Readonly<Record<string, string>>>();
  const textAt = (step: JobStep, path: string): string | undefined => {
    const texts = known.get(step) ?? textsOf(step.program, true);
    known.set(step, texts);
    return texts[path];
  };

  /** Who had the text first, from this candidate back along those that it was made from. */
  const writer = (from: JobStep, path: string, text: string, seen: Set<JobStep>): JobStep | undefined => {
    if (seen.has(from) || textAt(from, path) !== text) return undefined;
    seen.add(from);
    const origin = from.origins?.[path];
    if (origin !== undefined && origin.by !== "candidate") return from;
    const others = origin?.candidate === undefined ? from.parents : [origin.candidate, ...from.parents];
    for (const name of others) {
      const other = named.get(name);
      const found = other && writer(other, path, text, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const sourceOf = (path: string, text: string, from: JobStep | undefined): TextSource => {
    if (given[path] === text) return { path, by: "given" };
    // A search within another one is told of by steps of its own, which are nobody's parents.
    const wrote = (step: JobStep): boolean =>
      textAt(step, path) === text && (step.origins?.[path]?.by ?? "candidate") !== "candidate";
    const step = (from && writer(from, path, text, new Set())) ?? steps.find(wrote);
    const origin = step?.origins?.[path];
    if (step === undefined || origin === undefined || origin.by === "candidate") return { path, by: "unknown" };
    const { by, client, examples } = origin;
    const earlier = [...earlierOf(step, path)].filter((id) => examples?.includes(id) !== true);
    return {
      path,
      by,
      ...(client !== undefined && { client }),
      candidate: step.name,
      ...(examples && { examples }),
      ...(earlier.length > 0 && { earlier }),
    };
  };
  const asked = new Map<JobStep, Map<string, ReadonlySet<string>>>();
  /** Who wrote it was shown its parents' texts, which may hold what their writers were shown. */
  const earlierOf = (step: JobStep, path: string): ReadonlySet<string> => {
    const byPath = asked.get(step) ?? new Map<string, ReadonlySet<string>>();
    const known = byPath.get(path);
    if (known !== undefined) return known;
    const ids = new Set<string>();
    asked.set(step, byPath.set(path, ids));
    for (const name of step.parents) {
      const parent = named.get(name);
      const text = parent && textAt(parent, path);
      if (parent === undefined || text === undefined) continue;
      const { examples = [], earlier = [] } = sourceOf(path, text, parent);
      for (const id of [...examples, ...earlier]) ids.add(id);
    }
    return ids;
  };

  return (program) => {
    const from = steps.find((step) => step.program === program);
    const texts = Object.entries(textsOf(program, true));
    return Object.freeze(texts.map(([path, text]) => Object.freeze(sourceOf(path, text, from))));
  };
}

/** Of the predictors that have demos of their own. */
export function demoSources(program: Program<never>, student: Program<never>): readonly DemoSource[] {
  const given = student.predictors();
  const all = Object.entries(program.predictors()).map(([path, { demos }]): DemoSource => {
    const before = new Set((given[path]?.demos ?? []).map((demo) => JSON.stringify(demo)));
    const fresh = demos.filter((demo) => !before.has(JSON.stringify(demo)));
    const runs = fresh.filter((demo) => "augmented" in demo && demo["augmented"] === true).length;
    return Object.freeze({ path, examples: fresh.length - runs, runs });
  });
  return Object.freeze(all.filter(({ examples, runs }) => examples + runs > 0));
}

/** Whether what users or tools wrote may stand in it, as far as anybody knows. */
export function isExposed({ by, examples, earlier = [] }: TextSource): boolean {
  return by !== "given" && (examples === undefined || examples.length + earlier.length > 0);
}

/** Ids that are written out. */
const MOST_IDS = 12;

/** What a reader should know of a text before it is served. Undefined: the program had it before. */
export function sourceText(source: TextSource): string | undefined {
  const { by, client, candidate, examples, earlier = [] } = source;
  if (by === "given") return undefined;
  if (by === "unknown") return "Nobody has told where it came from.";
  const who = by === "function" ? "A function of your own wrote it" : "A model wrote it";
  const through = client === undefined ? "" : ` (client ${client})`;
  const first = candidate === undefined ? "" : `, for ${candidate}`;
  const shown =
    examples === undefined
      ? "What it was shown nobody has told."
      : examples.length === 0
        ? "It was shown no examples."
        : `It was shown ${examplesText(examples)}.`;
  const before = earlier.length === 0 ? "" : ` Texts that it was made from had seen ${examplesText(earlier)}.`;
  const warning = isExposed(source)
    ? " What users or tools wrote there may stand in it: read it before you serve it."
    : "";
  return `${who}${through}${first}. ${shown}${before}${warning}`;
}

export function demoSourceText({ examples, runs }: DemoSource): string {
  const parts = [
    ...(examples > 0 ? [`${examples} taken from examples as they are`] : []),
    ...(runs > 0 ? [`${runs} out of runs: what users, models and tools wrote there stands in them`] : []),
  ];
  return `New demos: ${parts.join("; ")}.`;
}

/** Ids of examples that were given none are digests: their beginning tells them apart. */
export function shortId(id: string): string {
  return /^[\w-]{43}$/.test(id) ? `${id.slice(0, 8)}…` : id;
}

function examplesText(ids: readonly string[]): string {
  const some = ids.slice(0, MOST_IDS).map(shortId).join(", ");
  const rest = ids.length - MOST_IDS;
  return `${ids.length === 1 ? "example" : `${ids.length} examples:`} ${some}${rest > 0 ? ` and ${rest} more` : ""}`;
}
