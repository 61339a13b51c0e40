import { checkNumber, checkOptions, optionNames } from "../../foundation/check-options.ts";
import type { JUnitOptions, ReportData, TrialRow } from "../report.ts";
import { figuresOf, shortNumber } from "./figures.ts";
import { shownValue } from "./shown-value.ts";
import { visible, visibleLines } from "./visible-text.ts";

const OPTIONS = optionNames<JUnitOptions>({ passScore: true });

/**
 * JUnit's XML as CI systems read it. A trial whose program or metric failed is an error, one that scored too little a
 * failure. Tests are the rows that the report holds.
 *
 * @throws UsageError for a `passScore` that is no finite number
 */
export function reportJunit(report: ReportData, options: JUnitOptions = {}): string {
  checkOptions("toJunit", options, OPTIONS);
  const { passScore = 1 } = options;
  checkNumber("toJunit", "passScore", passScore, { expected: "a finite number", holds: Number.isFinite });
  const { rows, name, ms } = report;
  const errors = rows.filter(({ error }) => error !== undefined).length;
  const failures = rows.filter((row) => failedTest(row, passScore)).length;
  const totals = { tests: rows.length, failures, errors, skipped: 0, time: seconds(ms) };
  const several = rows.some(({ sample }) => sample > 0);
  const properties = figuresOf(report).map(([about, text]) => element("property", { name: about, value: text }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", totals, [
    element("testsuite", { name, ...totals }, [
      element("properties", {}, properties),
      ...rows.map((row) => testCase(name, row, passScore, several)),
    ]),
  ])}\n`;
}

function failedTest({ error, score }: TrialRow, passScore: number): boolean {
  return error === undefined && score < passScore;
}

function testCase(program: string, row: TrialRow, passScore: number, several: boolean): string {
  const { example, sample, error, failed, score, feedback, prediction, ms } = row;
  const name = several ? `${example.id} (sample ${sample + 1})` : example.id;
  const problems = [
    ...(error === undefined
      ? []
      : [element("error", { type: `${failed ?? "program"}.${error.code}`, message: error.message }, [])]),
    ...(failedTest(row, passScore)
      ? [
          element(
            "failure",
            { type: "score", message: `the score ${shortNumber(score)} is below ${shortNumber(passScore)}` },
            feedback === undefined ? [] : [xmlText(feedback)],
          ),
        ]
      : []),
  ];
  const said = [
    ...Object.entries(example.inputs).map(([key, value]) => `${key}: ${shownValue(value)}`),
    ...Object.entries(prediction ?? {}).map(([key, value]) => `→ ${key}: ${shownValue(value)}`),
    ...Object.entries(example.labels).map(([key, value]) => `expected ${key}: ${shownValue(value)}`),
    `score: ${shortNumber(score)}`,
  ];
  return element("testcase", { classname: program, name, time: seconds(ms) }, [
    ...problems,
    element("system-out", {}, [xmlText(said.join("\n"))]),
  ]);
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: readonly string[] = [],
): string {
  const start = `${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${xmlText(visible(String(value)))}"`)
    .join("")}`;
  return content.length === 0 ? `<${start}/>` : `<${start}>${content.join("")}</${name}>`;
}

/** Signs that XML has no word for become their numbers, in words. */
function xmlText(text: string): string {
  return visibleLines(text)
    .replaceAll(/[\uFFFE\uFFFF]/g, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
