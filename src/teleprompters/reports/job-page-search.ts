import { shownValue } from "../../evaluate/reports/shown-value.ts";
import type { Program } from "../../programs/program.ts";
import type { JobStep } from "../job/job-board.ts";
import type { JobReportData } from "./job-report.ts";
import { lessonCells, LESSON_FIGURES, LESSON_HEAD } from "./lesson-cells.ts";
import { lineage } from "./lineage.ts";
import { shortId } from "./text-sources.ts";
import { isOtherwise, type PartData, partData, type PartGrounds } from "./part-data.ts";

/** A candidate in the tree. */
export interface LineagePage {
  /** Its place among the rows. */
  readonly row: number;
  readonly depth: number;
  /** What it has changed, and what else it was made from; in words. */
  readonly what: string;
  /** Beside its parent, what is otherwise; beside the student where it has no parent. */
  readonly parts: readonly PartData[];
}

export function lineagePage(
  candidates: readonly JobStep[],
  student: Program<never>,
  grounds: PartGrounds,
): readonly LineagePage[] {
  return lineage(candidates).map(({ step, depth, parent, others }) => {
    const parts = partData(step.program, parent?.program ?? student, grounds).filter(isOtherwise);
    const texts = parts.map(({ path }) => path).join(", ");
    const what = [texts, ...(others.length > 0 ? [`also from ${others.join(", ")}`] : [])].filter(
      (text) => text !== "",
    );
    return { row: step.trial - 1, depth, what: what.join("; "), parts };
  });
}

interface PageTableData {
  readonly columns: readonly { readonly name: string; readonly is: "number" | "output" | "word" }[];
  readonly rows: readonly {
    readonly failed: false;
    readonly cells: readonly (string | number | null)[];
    readonly facts: readonly (readonly [string, string])[];
  }[];
}

export interface ParetoPage extends PageTableData {
  readonly members: readonly (readonly [candidate: string, leads: string, alone: string])[];
}

/** Names that are written out in a cell; all of them are behind a click. */
const MOST_NAMES = 4;

export function paretoPage({ pareto, bestOutputs = [] }: JobReportData): ParetoPage | null {
  if (pareto === undefined) return null;
  const isKnown = pareto.examples.some(({ example }) => example !== undefined);
  return {
    members: pareto.candidates.map(({ candidate, leads, alone }) => [candidate, String(leads), String(alone)] as const),
    columns: [
      { name: "place", is: "number" },
      // Where nobody knows which examples they were, places have to do.
      ...(isKnown ? [{ name: "example", is: "word" as const }] : []),
      { name: "best score", is: "number" },
      { name: "candidates", is: "output" },
    ],
    rows: pareto.examples.map(({ place, example, score, candidates }) => {
      const rest = candidates.length - MOST_NAMES;
      const names = candidates.slice(0, MOST_NAMES).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
      const answers = bestOutputs.filter((each) => each.place === place);
      return {
        failed: false,
        cells: [
          place + 1,
          ...(isKnown ? [example === undefined ? "" : shortId(example)] : []),
          score ?? null,
          candidates.length === 0 ? "all failed" : names,
        ],
        facts: [
          ...(example === undefined ? [] : [["example", example] as const]),
          ...answers.flatMap(({ candidate, outputs }) => [
            ["best answer, of", candidate] as const,
            ...Object.entries(outputs).map(([name, value]) => [name, shownValue(value)] as const),
          ]),
        ],
      };
    }),
  };
}

export type LessonPage = PageTableData;

export function lessonPage({ lessons = [] }: JobReportData): LessonPage | null {
  if (lessons.length === 0) return null;
  const isFigure = (at: number): boolean => LESSON_FIGURES[at] === true;
  return {
    // A name is no button: it may be as long as it likes.
    columns: [
      { name: "no.", is: "number" },
      ...LESSON_HEAD.map((name, at) => ({ name, is: isFigure(at) ? ("number" as const) : ("word" as const) })),
    ],
    rows: lessons.map((effect, place) => ({
      failed: false,
      cells: [place + 1, ...lessonCells(effect).map((cell, at) => (isFigure(at) && cell !== "" ? Number(cell) : cell))],
      facts: [
        ["it says", effect.text] as const,
        ...(effect.before === undefined ? [] : [["it said", effect.before] as const]),
      ],
    })),
  };
}
