import type { Demo } from "../../signatures/example.ts";
import type { AnySignature } from "../../signatures/signature-value.ts";
import { demoText } from "./value-text.ts";

/** So many are shown. */
const MOST = 3;
const NONE = "No task demos provided.";

/**
 * What a proposer sees of a predictor's work: up to three demos that a run has made (`augmented: true`), of this set, then of
 * those after it, then of those before it. Set 0 stands for none, as it does among candidates.
 * @param sets The demo sets of this predictor; none: the proposer sees no demos
 */
export function taskDemos(signature: AnySignature, sets: readonly (readonly Demo[])[], set: number): string {
  if (set === 0) return NONE;
  const inOrder = [...sets.slice(set), ...sets.slice(0, set)].flat();
  const shown = inOrder.filter(({ augmented }) => augmented === true).slice(0, MOST);
  // Two line ends after the last one too, as DSPy has it.
  return shown.length === 0 ? NONE : shown.map((demo) => `${demoText(signature, demo)}\n\n`).join("");
}
