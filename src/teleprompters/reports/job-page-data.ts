import { seen } from "../../evaluate/reports/page-data.ts";
import type { JobStep } from "../job/job-board.ts";
import type { Program } from "../../programs/program.ts";
import { figuresOf, ranked } from "./job-figures.ts";
import type { JobReportData } from "./job-report.ts";
import {
  type LessonPage,
  type LineagePage,
  lessonPage,
  lineagePage,
  type ParetoPage,
  paretoPage,
} from "./job-page-search.ts";
import { type PartData, partData } from "./part-data.ts";
import { sourcesIn } from "./text-sources.ts";

/** What the page's script reads. Texts of programs stand in it once, and are told by their place. */
interface JobPageData {
  readonly figures: readonly (readonly [string, string])[];
  readonly columns: readonly { readonly name: string; readonly is: "number" | "output" | "word" }[];
  readonly rows: readonly CandidateRow[];
  /** Of those that were scored in full, the best first: their places among the rows. */
  readonly full: readonly number[];
  readonly examples: readonly string[];
  readonly texts: readonly string[];
  readonly changes: readonly (readonly PartData[])[];
  readonly lineage: readonly LineagePage[];
  readonly pareto: ParetoPage | null;
  readonly lessons: LessonPage | null;
  readonly chosen: { readonly title: string; readonly parts: readonly PartData[] } | null;
}

interface CandidateRow {
  readonly failed: false;
  readonly trial: number;
  readonly name: string;
  readonly score: number;
  readonly full: boolean;
  readonly best: boolean;
  readonly cells: readonly (string | number | null)[];
  /** By example; null where a trial failed. */
  readonly scores: readonly (number | null)[];
  /** Places among the rows of those that it was made from. */
  readonly parents: readonly number[];
  readonly facts: readonly (readonly [string, string])[];
  /** The place of its program among the changes. */
  readonly program: number;
}

export function jobPageData(report: JobReportData): JobPageData {
  const { candidates, best, result, student, examples } = report;
  const texts = numbered<string>();
  const programs = numbered<Program<never>>();
  const places = new Map(candidates.map(({ name }, place) => [name, place]));
  const children = new Map<string, string[]>();
  for (const { name, parents } of candidates)
    for (const parent of parents) children.set(parent, [...(children.get(parent) ?? []), name]);
  const rows = candidates.map((step): CandidateRow => {
    const { trial, name, score, full, scores, parents, note = "", lmCalls } = step;
    const facts: readonly (readonly [string, string])[] = [
      ["made from", parents.join(", ")],
      ["made into", (children.get(name) ?? []).join(", ")],
      ["note", note],
      ["scored on", full ? "all examples" : `${scores.length} examples`],
    ];
    return {
      failed: false,
      trial,
      name,
      score,
      full,
      best: step === best,
      cells: [
        trial,
        step === best ? `${name} (best)` : name,
        score,
        full ? "all" : String(scores.length),
        parents.join(", "),
        note,
        lmCalls,
      ],
      scores: scores.map((each) => each ?? null),
      parents: parents.flatMap((parent) => places.get(parent) ?? []),
      facts: facts.filter(([, text]) => text !== ""),
      program: programs.of(step.program),
    };
  });
  const chosen = result ?? best?.program;
  const grounds = { place: texts.of, sourcesOf: sourcesIn(student, candidates) };
  const partsOf = (program: Program<never>) => partData(program, student, grounds);
  const changes = programs.all.map(partsOf);
  const title = result === undefined ? "The best so far" : "The result";
  const data: JobPageData = {
    figures: figuresOf(report),
    columns: COLUMNS.filter((_, at) => at < 3 || rows.some(({ cells }) => cells[at] !== "")),
    rows: rows.map((row) => ({
      ...row,
      cells: row.cells.filter((_, at) => at < 3 || rows.some(({ cells }) => cells[at] !== "")),
    })),
    full: ranked(candidates).flatMap((step: JobStep) => (step.full ? [step.trial - 1] : [])),
    examples: examples ?? [],
    changes,
    lineage: lineagePage(candidates, student, grounds),
    pareto: paretoPage(report),
    lessons: lessonPage(report),
    chosen: chosen === undefined ? null : { title, parts: partsOf(chosen) },
    texts: texts.all,
  };
  return seen(data) as JobPageData;
}

const COLUMNS: JobPageData["columns"] = [
  { name: "trial", is: "number" },
  { name: "candidate", is: "output" },
  { name: "score", is: "number" },
  { name: "scored on", is: "word" },
  { name: "from", is: "word" },
  { name: "note", is: "word" },
  { name: "LM calls", is: "number" },
];

/** Numbers things as they are named, each once. */
function numbered<Thing>(): { readonly all: readonly Thing[]; of(thing: Thing): number } {
  const places = new Map<Thing, number>();
  const all: Thing[] = [];
  return {
    all,
    of(thing) {
      const place = places.get(thing) ?? all.push(thing) - 1;
      places.set(thing, place);
      return place;
    },
  };
}
