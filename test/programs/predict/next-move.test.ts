import { describe, expect, test } from "vitest";
import {
  type AnswerFacts,
  type ConversationRules,
  type Move,
  nextMove,
  type Standing,
} from "../../../src/programs/predict/next-move.ts";

const rules: ConversationRules = { onUnparsable: "ask_again", maxRepairs: 2, maxAttempts: 6 };
const standing: Standing = { attempts: 1, repairsInARow: 0, inJson: false };
const unreadable: AnswerFacts = {
  finishReason: "stop",
  read: "unreadable",
  isWhole: false,
  told: false,
  toldAny: false,
};

type Row = readonly [
  what: string,
  facts: Partial<ConversationRules & Standing & AnswerFacts>,
  move: Move["kind"] | `fail ${string}`,
];

const ROWS: readonly Row[] = [
  ["all is there", { read: "done" }, "done"],
  ["all is there, although it was cut off", { read: "done", finishReason: "length" }, "done"],
  ["the layout has a next question", { read: "ask" }, "go_on"],
  ["it cannot be read", {}, "ask_again"],
  ["it holds nothing", { finishReason: undefined }, "fail malformed_response"],
  [
    "it was withheld, whatever can be read of it",
    { read: "done", finishReason: "content_filter" },
    "fail content_filter",
  ],
  ["it was cut off before its end", { finishReason: "length" }, "fail cut_off"],
  ["it was cut off, and attempts are left", { finishReason: "length", attempts: 1, maxAttempts: 9 }, "fail cut_off"],
  ["nobody is to ask again", { onUnparsable: "fail" }, "fail unparsable_output"],
  ["asked again so often as one may", { repairsInARow: 2 }, "fail unparsable_output"],
  ["asked again less often", { repairsInARow: 1 }, "ask_again"],
  ["all attempts are made", { attempts: 6 }, "fail unparsable_output"],
  ["one attempt is left", { attempts: 5 }, "ask_again"],
  ["somebody has heard of its beginning", { told: true, toldAny: true }, "fail unparsable_output"],
  ["somebody has heard of an answer before it", { toldAny: true }, "ask_again"],
  ["that, and all would come anew", { toldAny: true, isWhole: true }, "fail unparsable_output"],
  ["another layout is to be tried", { onUnparsable: "json" }, "start_over"],
  ["it was tried", { onUnparsable: "json", inJson: true }, "ask_again"],
  [
    "another layout, and somebody has heard of an answer",
    { onUnparsable: "json", toldAny: true },
    "fail unparsable_output",
  ],
];

describe("what comes after an answer", () => {
  test.each(ROWS)("%s", (_what, facts, expected) => {
    const move = nextMove({ ...rules, ...facts }, { ...standing, ...facts }, { ...unreadable, ...facts });
    expect(move.kind === "fail" ? `fail ${move.code}` : move.kind).toBe(expected);
  });
});
