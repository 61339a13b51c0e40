import { describe, UsageError } from "../../foundation/errors.ts";

/** @throws UsageError for what is no report: several candidates give a list of them */
export function checkReport(what: string, report: unknown): void {
  if (typeof report === "object" && report !== null && "rows" in report && "toTable" in report) return;
  const hint = Array.isArray(report) ? ": a list of reports; give one of them" : "";
  throw new UsageError(`${what}: expected a report, got ${describe(report)}${hint}`);
}
