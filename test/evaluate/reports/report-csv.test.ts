import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { ALL_HOSTILE, failure, HOSTILE, hostileReport, reportOf } from "./made-reports.ts";

function records(csv: string): Readonly<Record<string, string>>[] {
  return parse(csv, { columns: true });
}

test("a line for each row, which reads back as it was", () => {
  const report = reportOf([
    {
      inputs: { q: 'a, "b"\r\nc' },
      labels: { answer: ["x", "y"] },
      tags: { level: 3 },
      outputs: { answer: ["x"] },
      score: 0.5,
      scores: { exact: 0.5, f1: 1 },
      details: { missing: ["y"] },
      feedback: "y is missing",
    },
    { error: failure("no field") },
  ]);
  expect(report.toCsv().split("\r\n")[0]).toBe(
    "id,sample,input.q,label.answer,output.answer,tag.level,score,score.exact,score.f1,feedback,details,failed,code,message,ms,lm_calls,tokens,usd",
  );
  expect(records(report.toCsv())).toEqual([
    {
      id: "e0",
      sample: "0",
      "input.q": 'a, "b"\r\nc',
      "label.answer": '["x","y"]',
      "output.answer": '["x"]',
      "tag.level": "3",
      score: "0.5",
      "score.exact": "0.5",
      "score.f1": "1",
      feedback: "y is missing",
      details: '{"missing":["y"]}',
      failed: "",
      code: "",
      message: "",
      ms: "10",
      lm_calls: "1",
      tokens: "12",
      usd: "0.001",
    },
    expect.objectContaining({ id: "e1", failed: "program", code: "unparsable_output", message: "no field" }),
  ]);
});

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", HOSTILE.formula])(
  "%j is no formula in any place",
  (text) => {
    const [record = {}] = records(
      reportOf([
        { id: text, inputs: { q: text }, labels: { a: text }, tags: { t: text }, outputs: { a: text }, feedback: text },
        { error: failure(text) },
      ]).toCsv(),
    );
    for (const name of ["id", "input.q", "label.a", "tag.t", "output.a", "feedback"])
      expect(record[name], name).toBe(`'${text}`);
    const [, failed] = records(reportOf([{}, { error: failure(text) }]).toCsv());
    expect(failed?.["message"]).toBe(`'${text}`);
  },
);

test("numbers stay numbers", () => {
  const [record] = records(reportOf([{ outputs: { a: "x" }, score: -0.5 }]).toCsv());
  expect(record?.["score"]).toBe("-0.5");
});

test("no text is a formula or breaks a line, whatever it holds", () => {
  const [first, second] = records(hostileReport().toCsv());
  // Halves of pairs have no bytes.
  expect(first?.["id"]).toBe(ALL_HOSTILE.toWellFormed());
  expect(second?.["code"]).toBe("unparsable_output");
});

test("bytes of media are told by their size", () => {
  const image = { type: "image", url: `data:image/png;base64,${"A".repeat(5_000)}` };
  const audio = { type: "audio", data: "A".repeat(5_000), format: "wav" };
  const [record] = records(reportOf([{ inputs: { image, audio } }]).toCsv());
  expect(record?.["input.image"]).toBe('{"type":"image","url":"data:image/png;(5,007 characters)"}');
  expect(record?.["input.audio"]).toBe('{"type":"audio","data":"(5,000 characters)","format":"wav"}');
});
