import { counted } from "../../evaluate/reports/figures.ts";
import { markdownTable, markdownText } from "../../evaluate/reports/report-markdown.ts";
import type { JobStep } from "../job/job-board.ts";
import type { JobReportData } from "./job-report.ts";
import { lessonCells, LESSON_FIGURES, LESSON_HEAD } from "./lesson-cells.ts";
import { lineage } from "./lineage.ts";
import { demoSourceText, shortId, sourceText } from "./text-sources.ts";

/** Where texts came from, what was made of what, who is best where, what was learnt: what there is of it. */
export function reflectionParts(report: JobReportData, rows: number): readonly string[] {
  return [
    ...sourceParts(report),
    ...lineageParts(report, rows),
    ...paretoParts(report, rows),
    ...lessonParts(report, rows),
  ];
}

function sourceParts({ sources, demoSources }: JobReportData): readonly string[] {
  const texts = sources.flatMap((source): [string, string][] => {
    const text = sourceText(source);
    return text === undefined ? [] : [[source.path, text]];
  });
  const demos = demoSources.map((source): [string, string] => [source.path, demoSourceText(source)]);
  if (texts.length + demos.length === 0) return [];
  return ["### Where its texts came from", markdownTable(["of", "where from"], [...texts, ...demos])];
}

/** A list within a list, as deep as readers can follow. */
const DEEPEST = 8;

function lineageParts({ candidates, best }: JobReportData, rows: number): readonly string[] {
  const nodes = lineage(candidates);
  if (nodes.every(({ depth }) => depth === 0)) return [];
  const lines = nodes.slice(0, rows).map(({ step, depth, others }) => {
    const also = others.length === 0 ? "" : `, also from ${others.join(", ")}`;
    return `${"  ".repeat(Math.min(depth, DEEPEST))}- ${markdownText(`${nodeText(step, best)}${also}`)}`;
  });
  return ["### Lineage", lines.join("\n"), ...restOf(nodes.length - lines.length)];
}

function nodeText(step: JobStep, best: JobStep | undefined): string {
  const { name, score, full, changed = [] } = step;
  const texts = changed.length === 0 ? "" : `, changed ${changed.join(", ")}`;
  return `${name}: ${score.toFixed(2)}${full ? "" : " (on some examples)"}${step === best ? " (best)" : ""}${texts}`;
}

function paretoParts({ pareto }: JobReportData, rows: number): readonly string[] {
  if (pareto === undefined) return [];
  const members = pareto.candidates
    .slice(0, rows)
    .map(({ candidate, leads, alone }) => [candidate, counted(leads), counted(alone)]);
  const examples = pareto.examples
    .slice(0, rows)
    .map(({ place, example, score, candidates }) => [
      example === undefined ? counted(place + 1) : shortId(example),
      score === undefined ? "all failed" : String(Number(score.toFixed(4))),
      candidates.join(", "),
    ]);
  return [
    "### Who is best where",
    markdownTable(["candidate", "best on", "alone on"], members, [false, true, true]),
    ...restOf(pareto.candidates.length - members.length),
    markdownTable(["example", "best score", "candidates"], examples, [false, true, false]),
    ...restOf(pareto.examples.length - examples.length),
  ];
}

function lessonParts({ lessons }: JobReportData, rows: number): readonly string[] {
  if (lessons === undefined || lessons.length === 0) return [];
  const shown = lessons.slice(0, rows).map((each) => lessonCells(each).map(String));
  return ["### Lessons", markdownTable(LESSON_HEAD, shown, LESSON_FIGURES), ...restOf(lessons.length - shown.length)];
}

function restOf(rest: number): readonly string[] {
  return rest > 0 ? [`… and ${counted(rest)} more`] : [];
}
