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

/** The same model, and how many of its requests that are meant were under way at once. */
export function countingModel(
  model: ScriptedModel,
  isMeant: (request: LmRequest) => boolean,
): { readonly model: ScriptedModel; most(): number } {
  let [now, most] = [0, 0];
  const watched = scripted(async (request: LmRequest) => {
    const counted = isMeant(request) ? 1 : 0;
    now += counted;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= counted;
    return (await model.generate(request)).completions[0]!.text;
  });
  return { model: watched, most: () => most };
}
