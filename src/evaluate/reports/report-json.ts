import { failureJson } from "../../programs/records/failure-record.ts";
import { predictionJson, stepJson } from "../../programs/records/run-records.ts";
import { toSavedJson } from "../../programs/saved/saved-json.ts";
import type { ReportData, TrialRow } from "../report.ts";
import { shownValue } from "./shown-value.ts";

const FORMAT = "dspex/evaluation";
const VERSION = 1;

/** All that a report holds, as one JSON document. Under `failures` stand those that are not among the rows. */
export function reportJson(report: ReportData): string {
  const { rows, failures, ...figures } = report;
  const held = new Set(rows);
  const value = {
    ...figures,
    rows: rows.map(rowJson),
    // Those that are rows have all that is to be known of them there.
    failures: failures.filter((row) => !held.has(row)).map(rowJson),
  };
  return JSON.stringify({ format: FORMAT, version: VERSION, value }, undefined, 2);
}

function rowJson({ example, prediction, error, trace, details, ...rest }: TrialRow): object {
  const { id, inputs, labels, tags } = example;
  return {
    example: { id, inputs: plain(inputs), labels: plain(labels), tags: plain(tags) },
    ...rest,
    ...(prediction && { prediction: plain(predictionJson(prediction)) }),
    ...(details && { details: plain(details) }),
    ...(error && { error: failureJson(error) }),
    ...(trace && { trace: trace.map((step) => plain(stepJson(step))) }),
  };
}

/** What is no data (a function among a metric's details) is told in words. */
function plain(value: unknown): unknown {
  try {
    return toSavedJson(value, "value");
  } catch {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return shownValue(value);
    return Object.fromEntries(Object.entries(value).map(([name, each]: [string, unknown]) => [name, plainPart(each)]));
  }
}

function plainPart(value: unknown): unknown {
  try {
    return toSavedJson(value, "value");
  } catch {
    return shownValue(value);
  }
}
