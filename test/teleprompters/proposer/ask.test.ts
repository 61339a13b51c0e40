import { expect, test } from "vitest";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LM_FAILURES, LmError } from "../../../src/lm/failure.ts";
import type { LmFailureCode } from "../../../src/lm/failure.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { answerOf } from "../../../src/teleprompters/proposer/ask.ts";
import type { Ask } from "../../../src/teleprompters/proposer/ask.ts";

const ASKED = predict(signature("q -> a"));

function failing(thrown: Error): Ask {
  return async () => {
    throw thrown;
  };
}

test("what befalls every call goes up; all else costs one answer", async () => {
  const lost: string[] = [];
  const thrown: string[] = [];
  for (const code of Object.keys(LM_FAILURES) as LmFailureCode[]) {
    const asked = answerOf(failing(new LmError("no", { code })), ASKED, { q: "x" });
    await asked.then(
      () => lost.push(code),
      (error: LmError) => thrown.push(error.code),
    );
  }
  expect(thrown.toSorted()).toEqual([
    "auth",
    "bad_request",
    "budget_exceeded",
    "cancelled",
    "insufficient_quota",
    "no_such_client",
    "not_found",
    "permission",
  ]);
  expect(lost.length + thrown.length).toBe(Object.keys(LM_FAILURES).length);
});

test("a mistake is never taken for an answer that did not come", async () => {
  await expect(answerOf(failing(new UsageError("wrong")), ASKED, { q: "x" })).rejects.toThrow("wrong");
});
