import { pythonRandom } from "../../src/foundation/python-random.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";

/** The same model, whose answers come in an order that the seed shuffles. */
export function shuffledAnswers(model: ScriptedModel, seed: number): ScriptedModel {
  const random = pythonRandom(seed);
  return scripted(async (request: LmRequest) => {
    for (let turn = random.below(6); turn > 0; turn -= 1) await new Promise((resolve) => setImmediate(resolve));
    return (await model.generate(request)).completions[0]!.text;
  });
}
