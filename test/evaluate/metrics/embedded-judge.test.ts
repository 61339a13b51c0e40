// A judge on the embedded model: a small one judges badly, but what it says is read and scored.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../src/evaluate/evaluate.ts";
import { examples } from "../../../src/evaluate/load-examples.ts";
import { semanticF1 } from "../../../src/evaluate/metrics/judges.ts";
import { defaultCacheFolder, embeddedWeightsPresent, llama } from "../../../src/lm/llama/llama.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { scripted } from "../../../src/testing/scripted.ts";

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

describe.skipIf(absent)(`semanticF1 on the embedded model${why}`, () => {
  test("scores an answer between 0 and 1, by a client of its own", { timeout: 60_000 }, async () => {
    const QA = signature("question -> response");
    const set = examples(QA, [{ question: "Who wrote Emma?", response: "Jane Austen wrote Emma." }]);
    const lm = scripted([{ response: "Emma is by Jane Austen." }]);
    const judge = await llama().open();
    try {
      const metric = semanticF1({ client: "judge" });
      const report = await evaluate(predict(QA, { client: "lm" }), set, metric, { clients: { lm, judge } });
      expect(report.failures).toEqual([]);
      const [row] = report.rows;
      const share = expect.toSatisfy((value: unknown) => typeof value === "number" && value >= 0) as number;
      expect(row?.details).toEqual({ precision: share, recall: share });
      expect(row?.feedback).toMatch(/\w/);
      expect(row?.score).toBeGreaterThanOrEqual(0);
      expect(row?.score).toBeLessThanOrEqual(1);
      // The program's one, and the judge's: a field each.
      expect([lm.requests.length, row?.lmCalls]).toEqual([1, 4]);
    } finally {
      await judge.close();
    }
  });
});
