import { expect, test } from "vitest";
import { ALL_HOSTILE, failure, hostileReport, reportOf } from "./made-reports.ts";

interface Read {
  readonly format: string;
  readonly version: number;
  readonly value: { readonly rows: readonly unknown[]; readonly failures: readonly unknown[] };
}

const read = (json: string): Read => JSON.parse(json) as Read;

test("all that a report holds, $meta and failures included", () => {
  const report = reportOf(
    [
      {
        inputs: { q: "x", when: new Date(0) },
        outputs: { a: "y" },
        meta: { messages: [{ role: "user", content: "x" }] },
        details: { because: Number.NaN },
      },
      { error: failure("no field", { raw: "?" }) },
    ],
    { slices: ["q"] },
  );
  const { format, version, value } = read(report.toJson());
  expect({ format, version }).toEqual({ format: "dspex/evaluation", version: 1 });
  expect(value).toMatchObject({
    name: "qa",
    score: 50,
    trials: 2,
    slices: {
      q: [
        { slice: "x", count: 1, score: 100 },
        { count: 1, score: 0 },
      ],
    },
    failureCodes: { unparsable_output: 1 },
    rows: [
      {
        index: 0,
        example: { id: "e0", inputs: { q: "x", when: { $date: "1970-01-01T00:00:00.000Z" } } },
        prediction: { fields: { a: "y" }, meta: { messages: [{ role: "user", content: "x" }] } },
        details: { because: { $float: "nan" } },
        score: 1,
      },
      { failed: "program", error: { kind: "lm", code: "unparsable_output", details: { raw: "?" } } },
    ],
    failures: [],
  });
});

test("failures that are no rows stand apart", () => {
  const { rows, failures } = read(reportOf([{}, { error: failure("no") }], { keepRows: 1 }).toJson()).value;
  expect(rows).toHaveLength(1);
  expect(failures).toMatchObject([{ index: 1, error: { message: "no" } }]);
});

test("texts are kept to the letter; what is no data is told in words", () => {
  expect(read(hostileReport().toJson()).value.rows[0]).toMatchObject({
    example: { id: ALL_HOSTILE, labels: { answer: ALL_HOSTILE } },
    details: { [ALL_HOSTILE]: ALL_HOSTILE, code: "function code" },
    feedback: ALL_HOSTILE,
  });
});
