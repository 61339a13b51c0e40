// A model for the tour's small task: it knows the regular verbs, once it is shown how.
import { type ScriptedModel, scripted } from "../../src/testing/scripted.ts";

/** @param stuckFrom from which request on it says nothing any more; default none */
export function pastModel(stuckFrom = Infinity): ScriptedModel {
  return scripted(
    ({ messages }, index) => {
      if (index >= stuckFrom) return new Promise(() => {});
      const verb = /^Verb: (.*)$/m.exec(String(messages.at(-2)?.content))?.[1];
      return messages.length > 4 ? ` ${verb}ed` : " no idea";
    },
    { capabilities: { prefill: true, grammar: true }, identity: "knows the regular ones" },
  );
}
