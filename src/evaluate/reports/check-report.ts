import { describe, UsageError } from "../../foundation/errors.ts";

/** @throws UsageError for what is no report: several candidates give a list of them */
export function checkReport(what: string, report: unknown): void {
  if (typeof report === "object" && report !== null && "rows" in report && "toTable" in report) return;
  throw notReport(what, report);
}

export function notReport(what: string, given: unknown): UsageError {
  const hint = Array.isArray(given) ? ": a list of reports; give one of them" : "";
  return new UsageError(`${what}: expected a report, got ${describe(given)}${hint}`);
}
