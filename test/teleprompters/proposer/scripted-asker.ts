import { forward } from "../../../src/programs/bare/forward.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import type { ScriptedModel } from "../../../src/testing/scripted.ts";
import type { Ask } from "../../../src/teleprompters/proposer/ask.ts";

/** Asks a model bare that answers by the script. */
export function scriptedAsker(script: Parameters<typeof scripted>[0]): {
  readonly ask: Ask;
  readonly requests: ScriptedModel["requests"];
} {
  const model = scripted(script);
  return {
    ask: (program, inputs, config) => forward(program, inputs, { clients: { lm: model }, config }),
    requests: model.requests,
  };
}

/** What no layout can read. */
export const NOISE = "~";
