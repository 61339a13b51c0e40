import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { failure, hostileReport, reportOf } from "./made-reports.ts";

const report = reportOf([
  { inputs: { q: "x" }, labels: { a: "y" }, outputs: { a: "y" } },
  { outputs: { a: "z" }, score: 0.5, feedback: "expected y" },
  { error: failure('no field "a"') },
  { outputs: { a: "y" }, error: failure("the metric threw") },
]);

test("a test for each row: those that failed are errors, those that scored too little failures", () => {
  const xml = report.toJunit();
  expect(xml).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="4" failures="1" errors="2" skipped="0" time="1.234">/,
  );
  expect(xml.match(/<testcase [^>]*>/g)).toEqual([
    '<testcase classname="qa" name="e0" time="0.010">',
    '<testcase classname="qa" name="e1" time="0.020">',
    '<testcase classname="qa" name="e2" time="0.030">',
    '<testcase classname="qa" name="e3" time="0.040">',
  ]);
  expect(xml).toContain('<failure type="score" message="the score 0.5 is below 1">expected y</failure>');
  expect(xml).toContain('<error type="program.unparsable_output" message="no field &quot;a&quot;"/>');
  expect(xml).toContain('<error type="metric.unparsable_output" message="the metric threw"/>');
  expect(xml).toContain("<system-out>q: x\n→ a: y\nexpected a: y\nscore: 1</system-out>");
});

test("a test passes from a score on", () => {
  expect(report.toJunit({ passScore: 0.5 })).toContain('failures="0" errors="2"');
  expect(() => report.toJunit({ passScore: Number.NaN })).toThrow(UsageError);
});

test("samples have names of their own", () => {
  const xml = reportOf([{ index: 0 }, { index: 0, sample: 1 }], { samples: 2 }).toJunit();
  expect(xml).toContain('name="e0 (sample 1)"');
});

test("XML whatever texts hold", () => {
  const xml = hostileReport().toJunit();
  // What XML 1.0 has no sign for.
  // oxlint-disable-next-line no-control-regex
  expect(xml).not.toMatch(/[\u0000-\u0008\u000B-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/);
  expect(xml).not.toContain("<script");
  const names = xml.match(/<\/?([\w-]+)/g)?.map((tag) => tag.replace(/<\/?/, ""));
  expect([...new Set(names)].toSorted()).toEqual(
    ["error", "properties", "property", "system-out", "testcase", "testsuite", "testsuites"].toSorted(),
  );
});
