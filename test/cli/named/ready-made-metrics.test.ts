import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { METRIC_FORMS, readyMadeMetric } from "../../../src/cli/named/ready-made-metrics.ts";
import { digestOf, exactMatch, jsonMatch, numeric, passageMatch, semanticF1 } from "../../../src/index.ts";

const EVALUATION = join(import.meta.dirname, "..", "..", "..", "docs", "evaluation.md");

describe("ready-made metrics by name", () => {
  test("there is a name for each of the library's", () => {
    const [, section = ""] = readFileSync(EVALUATION, "utf8").split("\n## Metrics\n");
    const documented = [...section.slice(0, section.indexOf("\n## ")).matchAll(/^\| `(\w+)\(/gm)].map(
      ([, name]) => name,
    );
    expect(METRIC_FORMS.map((form) => form.slice(0, form.indexOf(":")))).toEqual(expect.arrayContaining(documented));
    expect(documented.length).toBeGreaterThan(8);
  });

  test.each([
    ["exactMatch:answer", exactMatch("answer")],
    ["exactMatch:answer:0.8", exactMatch("answer", { frac: 0.8 })],
    ["numeric:total:0.01", numeric("total", { tolerance: 0.01 })],
    ["passageMatch:answer:passages", passageMatch("answer", { context: "passages" })],
    ["jsonMatch:invoice,total:0.005", jsonMatch(["invoice", "total"], { tolerance: 0.005 })],
    ["semanticF1:answer:the:judge", semanticF1({ response: "answer", client: "the:judge" })],
  ])("%s is the one that code would make", (text, metric) => {
    expect(digestOf(readyMadeMetric("--metric", text).metric as never)).toBe(digestOf(metric as never));
  });
});
