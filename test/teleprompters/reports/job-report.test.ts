import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { writeReport } from "../../../src/evaluate/reports/write-report.ts";
import { ALL_HOSTILE } from "../../evaluate/reports/made-reports.ts";
import { hostileJob, learnt, reflected, reportOf, search, student } from "./made-job.ts";

describe("a job's report", () => {
  test("is frozen data, and its forms are not in it", () => {
    const report = search();
    expect(Object.isFrozen(report)).toBe(true);
    expect(Object.keys(report)).not.toContain("toTable");
    expect(report).toMatchObject({
      name: "nightly",
      teleprompter: "tries",
      state: "done",
      partial: undefined,
      usage: { lmCalls: 60, totalTokens: 2_500 },
      notes: ["metric is known by its source text: give it a version"],
    });
    expect(report.best?.name).toBe("wordy 2");
    expect(report.result).toBe(report.best?.program);
    expect(report.candidates.map(({ trial, name, full }) => [trial, name, full])).toEqual([
      [1, "student", true],
      [2, "wordy", true],
      [3, "try", false],
      [4, "wordy 2", true],
      [5, "worse", true],
    ]);
    expect(report.examples?.slice(0, 2)).toHaveLength(2);
    expect(inspect(report)).toBe(
      "JobReport nightly: done, best 75.00, candidates: 5, 60 LM calls, 2,500 tokens, $0.0500",
    );
  });

  test("whose scores are of nobody knows which examples names none", () => {
    expect(reportOf([{ name: "a", program: student, scores: [1, 0] }]).examples).toBeUndefined();
    expect(reportOf([]).examples).toBeUndefined();
  });

  test("as a table: figures, then the best first, those of some examples last", () => {
    const text = search().toTable();
    expect(text).toContain("best          75.00 (wordy 2, trial 4); student, the first one, had 33.33");
    expect(text).toContain("candidates    5, 4 of them scored in full");
    const names = [...text.matchAll(/^│ +\d+ │ (.*?) +│/gm)].map((match) => match[1]);
    expect(names).toEqual(["wordy 2 (best)", "wordy", "student", "worse", "try"]);
    expect(search().toTable({ rows: 2 })).toContain("… and 3 more");
    for (const line of search().toTable({ width: 60 }).split("\n").slice(12)) expect(line.length).toBeLessThan(60);
    expect(() => search().toTable({ classes: "a" } as never)).toThrow('toTable: no option "classes"');
  });

  test("as Markdown: candidates, and what the result is beside the program", () => {
    const text = search().toMarkdown();
    expect(text).toMatch(/^## nightly: 75\.00\n/);
    expect(text).toContain("| 2 | wordy | 58.33 | all | student | instructions of the proposer | 24 |");
    expect(text).toContain(
      String.raw`| self | Give the past tense of the verb. | (the same) | 0 | config: {"temperature"\:0.7} |`,
    );
    expect(search().toMarkdown({ rows: 1 })).toContain("… and 4 more");
  });

  test("as JSON: a failed trial is null, programs are their predictors", () => {
    const { format, version, value } = JSON.parse(search().toJson());
    expect([format, version, value.best]).toEqual(["dspex/job-report", 2, 4]);
    expect(value.candidates[1]).toMatchObject({
      name: "wordy",
      parents: ["student"],
      scores: [null, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
      program: {
        predictors: {
          self: {
            instructions: "Give the simple past tense of the verb, and nothing else.",
            demos: [
              { question: "see", answer: "saw" },
              { question: "take", answer: "took" },
            ],
          },
        },
      },
    });
    expect(value.result.digest).toBe(value.candidates[3].program.digest);
  });

  test("of a job under way, and of one that has scored nothing", () => {
    const under = reportOf([{ name: "a", program: student, scores: [1] }], { over: false });
    expect([under.state, under.result]).toEqual(["running", undefined]);
    expect(under.toMarkdown()).toContain("### The best so far");
    const nothing = reportOf([], { result: student });
    expect(nothing.toTable()).not.toContain("Candidates");
    expect(nothing.toMarkdown()).toContain("### The result");
    expect(inspect(nothing)).toContain("nothing scored in full");
  });

  test("nothing in its table moves a cursor, and nothing in its Markdown is markup", () => {
    const report = hostileJob();
    expect(report.toTable()).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E\uD800]/);
    expect(report.toMarkdown()).not.toMatch(/<script|[^\\]\]\(javascript|[^\\]`/);
    expect(JSON.parse(report.toJson()).value.candidates[1].note).toBe(JSON.parse(JSON.stringify(ALL_HOSTILE)));
  });

  test("its table says in a line that a writer of its texts was shown examples", () => {
    expect(reflected().toTable()).toContain(
      "its texts     new: respond, policy, whose writer was shown 4 examples: read them before you serve it",
    );
    expect(search().toTable()).not.toContain("its texts");
  });

  test("its Markdown has where texts came from, the lineage, who is best where, and lessons", () => {
    const text = reflected().toMarkdown();
    expect(text).toContain(
      "| respond | A model wrote it (client writer), for proposal 4. It was shown 2 examples: e2, e4. Texts that it was made from " +
        "had seen example e1. What users or tools wrote there may stand in it: read it before you serve it. |",
    );
    expect(text).toContain(
      [
        "- student: 25.00",
        "  - proposal 1: 50.00, changed respond",
        "    - merge 1: 62.50, changed policy, also from proposal 2",
        "      - proposal 4: 75.00 (best), changed respond",
        "  - proposal 2: 25.00, changed policy",
        "  - refused: 0.00 (on some examples)",
      ].join("\n"),
    );
    expect(text).toContain("| proposal 4 | 4 | 0 |");
    expect(text).toContain("| 3 | 1 | student, proposal 1, proposal 4 |");
    expect(learnt().toMarkdown()).toContain("| step 2 | self | 1 changed | Mumble. | 50.00 | 25.00 | 0 | no |");
    expect(learnt().toMarkdown({ rows: 1 })).toContain("… and 3 more");
  });

  test("its JSON has them as data", () => {
    const { value } = JSON.parse(reflected().toJson());
    // What they are: text-sources.test.ts.
    expect(value.sources).toEqual(reflected().sources);
    expect(value.sources).toHaveLength(2);
    expect(value.pareto.examples[0]).toEqual({
      place: 0,
      score: 1,
      candidates: ["proposal 1", "merge 1", "proposal 4"],
    });
    expect(value.candidates[4]).toMatchObject({
      changed: ["policy"],
      origins: { policy: { candidate: "proposal 2" } },
    });
    // Each list of ids stands there once.
    expect(value.exampleLists).toEqual([["e1", "e2"], ["e3"], ["e2", "e4"]]);
    expect(value.candidates[1].origins.respond).toEqual({ by: "model", client: "writer", examples: 0 });
    expect(JSON.parse(learnt().toJson()).value.lessons[2]).toEqual({
      predictor: "self",
      id: 1,
      is: "changed",
      text: "Mumble.",
      before: "Mind vowels.",
      candidate: "step 2",
      others: 0,
      scoreBefore: 50,
      scoreAfter: 25,
      kept: false,
    });
  });

  test("is written as its path says, for its owner alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dspex-job-report-"));
    for (const [name, text] of [
      ["r.html", search().toHtml()],
      ["r.json", `${search().toJson()}\n`],
      ["r.md", search().toMarkdown()],
      ["r.txt", `${search().toTable()}\n`],
    ] as const) {
      const path = join(folder, name);
      await writeReport(path, search());
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    await expect(writeReport(join(folder, "r.csv"), search())).rejects.toThrow("a job's report has no toCsv");
  });
});
