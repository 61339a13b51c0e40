// Reports as an evaluation would make them, of rows that are given.
import type { EvaluationReport, TrialRow } from "../../../src/evaluate/report.ts";
import { makeTally } from "../../../src/evaluate/tally.ts";
import type { TallyOptions } from "../../../src/evaluate/tally.ts";
import type { DspexError } from "../../../src/foundation/errors.ts";
import { NO_USAGE } from "../../../src/lm/language-model.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { prediction } from "../../../src/programs/prediction.ts";
import type { PredictionMeta, TraceStep } from "../../../src/programs/prediction.ts";

export interface RowFacts {
  readonly id?: string;
  readonly sample?: number;
  readonly index?: number;
  readonly inputs?: object;
  readonly labels?: object;
  readonly tags?: object;
  readonly outputs?: object;
  readonly meta?: Partial<PredictionMeta>;
  readonly score?: number;
  readonly scores?: Readonly<Record<string, number>>;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly feedback?: string;
  readonly error?: DspexError;
  readonly trace?: readonly TraceStep[];
}

const META: PredictionMeta = {
  usage: NO_USAGE,
  messages: [],
  attempts: 1,
  repairs: 0,
  mended: [],
  client: "lm",
  model: "a-model",
  adapter: "chat",
  run: "run-1",
  path: "self",
  ms: 5,
};

export function rowOf(index: number, facts: RowFacts): TrialRow {
  const { id = `e${index}`, sample = 0, inputs = {}, labels = {}, tags = {}, outputs, meta, error, ...rest } = facts;
  return Object.freeze({
    index,
    example: { id, inputs, labels, tags } as TrialRow["example"],
    sample,
    ...(outputs && { prediction: prediction(outputs, { ...META, ...meta }) }),
    score: error ? 0 : 1,
    ...(error && { error, failed: outputs ? ("metric" as const) : ("program" as const) }),
    ms: 10 * (index + 1),
    lmCalls: 1,
    tokens: 12,
    usd: 0.001,
    ...rest,
  });
}

export function reportOf(facts: readonly RowFacts[], options: Partial<TallyOptions> = {}): EvaluationReport {
  const tally = makeTally({ name: "qa", samples: 1, keepRows: "all", slices: [], seed: 0, ...options });
  facts.forEach((each, place) => tally.add(rowOf(each.index ?? place, each)));
  return tally.report({ partial: undefined, ms: 1_234, notes: [] });
}

export function failure(message: string, details: object = {}): LmError {
  return new LmError(message, { code: "unparsable_output", details: { ...details } });
}

/** What does harm in a terminal, a spreadsheet, Markdown and a browser. */
export const HOSTILE = {
  escape: "\u001B[2J\u001B]0;owned\u0007red\u009B31m",
  turned: "user\u202Egnp.exe",
  script: `</script><script>window.owned = true</script><img src=x onerror="window.owned = true"> & "quotes" '`,
  link: "[click](javascript:alert(1)) ![pic](http://127.0.0.1:9/leak.png) `code` **bold** a|b",
  formula: `=HYPERLINK("http://127.0.0.1:9/","x")`,
  half: "half \uD800 pair, \uFFFF, \u0000",
  lines: "first\r\nsecond\n\tthird",
} as const;

export const ALL_HOSTILE = Object.values(HOSTILE).join(" ");

/** One whose every text is hostile: names, ids, inputs, labels, outputs, tags, feedback, failures, messages. */
export function hostileReport(): EvaluationReport {
  const text = ALL_HOSTILE;
  return reportOf(
    [
      {
        id: text,
        inputs: { [`q ${text}`]: text },
        labels: { answer: text },
        tags: { [text]: text, level: text },
        outputs: { answer: text },
        meta: {
          model: text,
          client: text,
          messages: [
            {
              role: "user",
              content: [
                { type: "text", text },
                { type: "image", url: "javascript:alert(1)" },
              ],
            },
            { role: "assistant", content: text, toolCalls: [{ id: "1", name: text, arguments: text }] },
          ],
        },
        scores: { exact: 1, [text]: 0.5 },
        details: { [text]: text, code: () => text },
        feedback: text,
      },
      { id: `${text}2`, inputs: { [`q ${text}`]: "2" }, error: failure(text, { raw: text }) },
    ],
    { name: text, slices: ["level", text] },
  );
}
