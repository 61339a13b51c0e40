import { NO_CAPABILITIES, vectorAdapter } from "./vector-adapters.ts";
import { FAILED, isFailure, plain } from "./vector-case.ts";
import type { AdapterCase, Outcome } from "./vector-case.ts";
import { vectorSignature } from "./vector-signature.ts";

export interface ParseCase extends AdapterCase {
  readonly completion: string;
}

export function playParse({ adapter, signature, completion }: ParseCase): Outcome {
  const asked = vectorAdapter(adapter).prepare(vectorSignature(signature), []).begin({}, NO_CAPABILITIES);
  const step = asked.read({ text: completion, finishReason: "stop" });
  // The order of the fields counts: they come in the signature's.
  if (step.kind === "done") return { fields: plain(step.fields), order: Object.keys(step.fields) };
  return step.kind === "unreadable" ? { ...FAILED, message: step.problem } : FAILED;
}

export function expectedParse(expected: object): Outcome {
  if (isFailure(expected) || !("fields" in expected)) return expected;
  const { fields } = expected;
  const order = fields instanceof Map ? [...fields.keys()] : Object.keys(fields as object);
  return { fields: plain(fields), order: order.map(String) };
}
