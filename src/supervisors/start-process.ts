import { describe } from "../foundation/errors.ts";
import { isRef } from "../runtime/actor-cell.ts";
import { exitReasonOf, isReason } from "../runtime/exit-reason.ts";
import type { Self, StartResult } from "../runtime/actor.ts";
import type { FullChildSpec } from "./child-spec.ts";

/**
 * Runs a child's start function. As in OTP, one that throws or gives back something else than a start's result is a
 * start that failed: the supervisor lives, and the reason says what came.
 */
export async function startProcess(self: Self, spec: FullChildSpec): Promise<StartResult> {
  let result: unknown;
  try {
    result = await spec.start(self);
  } catch (thrown) {
    result = { status: "error", reason: exitReasonOf(thrown) };
  }
  // A start may take longer than its supervisor lives; then nothing of what would follow may happen.
  if (!self.runtime.isAlive(self.ref)) self.exit("killed");
  return isStartResult(result) ? result : { status: "error", reason: { bad_return_value: describe(result) } };
}

function isStartResult(value: unknown): value is StartResult {
  if (typeof value !== "object" || value === null || !("status" in value)) return false;
  if (value.status === "ok") return "ref" in value && isRef(value.ref);
  if (value.status === "error" && "reason" in value) return isReason(value.reason);
  return value.status === "ignore";
}
