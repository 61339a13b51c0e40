import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeReport } from "../../../src/evaluate/reports/write-report.ts";
import { reportOf } from "./made-reports.ts";

const folder = mkdtempSync(join(tmpdir(), "dspex-report-"));
const report = reportOf([{ inputs: { q: "x" }, labels: { a: "y" }, outputs: { a: "y" } }]);

test.each([
  ["r.html", report.toHtml()],
  ["r.csv", report.toCsv()],
  ["r.json", `${report.toJson()}\n`],
  ["r.md", report.toMarkdown()],
  ["r.XML", report.toJunit()],
  ["new/folder/r.txt", `${report.toTable()}\n`],
])("%s: the form that its ending says, for its owner alone", async (name, text) => {
  const path = join(folder, name);
  await writeReport(path, report);
  expect(readFileSync(path, "utf8")).toBe(text);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("an older file that others could read is replaced, its mode too", async () => {
  const path = join(folder, "old.csv");
  writeFileSync(path, "old");
  chmodSync(path, 0o644);
  await writeReport(path, report);
  expect(readFileSync(path, "utf8")).toBe(report.toCsv());
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("options go to the form, and to no other", async () => {
  const path = join(folder, "classes.md");
  await writeReport(path, report, { classes: "a" });
  expect(readFileSync(path, "utf8")).toContain("Classes of a");
  await expect(writeReport(join(folder, "r.csv"), report, { classes: "a" })).rejects.toThrow("toCsv takes no options");
  await expect(writeReport(join(folder, "r.xml"), report, { classes: "a" })).rejects.toThrow('no option "classes"');
});

test("an ending that says no form", async () => {
  await expect(writeReport(join(folder, "r.pdf"), report)).rejects.toThrow(
    "writeReport: the path must end in one of .html, .csv, .json, .md, .xml, .txt, got",
  );
});

test("what is no report", async () => {
  await expect(writeReport(join(folder, "r.md"), [report] as never)).rejects.toThrow(
    "a list of reports; give one of them",
  );
});
