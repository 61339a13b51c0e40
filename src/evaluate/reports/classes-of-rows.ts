import { UsageError } from "../../foundation/errors.ts";
import type { ReportData } from "../report.ts";
import { classificationReport } from "../statistics/classification.ts";
import type { ClassificationReport } from "../statistics/classification.ts";
import { shownValue } from "./shown-value.ts";

/**
 * How well an output's classes are told from each other, by the rows that have a label of that name.
 * @throws UsageError where none has
 */
export function classesOf({ rows }: ReportData, field: string): ClassificationReport {
  const labelled = rows.filter(({ example }) => Object.hasOwn(example.labels, field));
  if (labelled.length === 0) throw new UsageError(`classes: no row of the report has a label "${field}"`);
  return classificationReport(
    labelled.map(({ example, prediction }) => {
      const said = (prediction as Readonly<Record<string, unknown>> | undefined)?.[field];
      return [shownValue(example.labels[field]), said === undefined || said === null ? undefined : shownValue(said)];
    }),
  );
}
