import { describe, expect, test } from "vitest";
import { verdictOf, type Wanted } from "../../../src/cli/evaluate/verdict.ts";
import type { ReportData } from "../../../src/evaluate/report.ts";

type Part = Pick<ReportData, "partial" | "score" | "trials" | "failures" | "failureCodes">;

const report: Part = { partial: undefined, score: 50, trials: 4, failures: [], failureCodes: {} };
const failure = { error: new Error("no") } as unknown as ReportData["failures"][number];
const wanted: Wanted = { failUnder: undefined, journal: undefined, interrupted: false, trials: 10 };

const NOTHING = /^$/;

describe("verdictOf", () => {
  test.each<[string, Partial<Part>, Partial<Wanted>, number, RegExp]>([
    ["all is well", {}, {}, 0, NOTHING],
    ["the score is just good enough", {}, { failUnder: 50 }, 0, NOTHING],
    ["the score is too low", {}, { failUnder: 50.01 }, 1, /^error: the score 50\.00 is below 50\.01$/],
    ["a part failed", { failures: [failure] }, {}, 0, NOTHING],
    ["all failed", { trials: 1, failures: [failure], failureCodes: { auth: 1 } }, {}, 1, /every trial .*\(auth 1\)/],
    ["only estimated", { partial: "dry_run", trials: 0 }, { failUnder: 50 }, 0, NOTHING],
    [
      "the user ended it",
      { partial: "cancelled" },
      { interrupted: true },
      130,
      /^interrupted: 4 of 10 .*--journal FILE/,
    ],
    [
      "the user ended it, with a journal",
      { partial: "cancelled" },
      { interrupted: true, journal: "runs/a.jsonl" },
      130,
      /kept in runs\/a\.jsonl, and the same command asks only the rest$/,
    ],
    ["the user was too late", {}, { interrupted: true }, 0, NOTHING],
    ["the system stopped by itself", { partial: "cancelled" }, {}, 1, /the system stopped: 4 of 10/],
    ["a good score of a part is no good score", { partial: "budget" }, { failUnder: 10 }, 1, /the budget is spent/],
    ["too many errors", { partial: "errors" }, {}, 1, /--max-errors/],
    ["the disk is full", { partial: "journal" }, {}, 1, /the journal could not be written/],
  ])("%s", (_, part, more, code, said) => {
    const verdict = verdictOf({ ...report, ...part }, { ...wanted, ...more });
    expect(verdict.code).toBe(code);
    expect(verdict.said ?? "").toMatch(said);
  });
});
