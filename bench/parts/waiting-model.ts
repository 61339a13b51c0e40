import { sleep, systemClock } from "../../src/foundation/clock.ts";
import { cancelledError } from "../../src/lm/failure.ts";
import { type LanguageModel, type LmCapabilities, type LmSpec, NO_USAGE } from "../../src/lm/language-model.ts";

const CAPABILITIES: LmCapabilities = Object.freeze({ schema: false, tools: false, prefill: false, grammar: false });

/** A model that thinks for so many milliseconds, costs nothing else, and stops at once when it is told to. */
export function waitingModel(ms: number): LmSpec {
  const about = { provider: "bench", model: "waiting" };
  const model: LanguageModel = {
    ...about,
    capabilities: CAPABILITIES,
    async generate(request, { signal } = {}) {
      try {
        await sleep(systemClock, ms, signal);
      } catch (reason) {
        throw cancelledError(reason, about.provider);
      }
      const text = request.writeAnswer?.({ answer: "yes" }) ?? "yes";
      return { completions: [{ text, finishReason: "stop" }], usage: NO_USAGE, model: about.model, id: "1" };
    },
    stream: () => {
      throw new Error("the waiting model does not stream");
    },
    close: () => Promise.resolve(),
  };
  return Object.freeze({ ...about, kind: "lm" as const, open: () => Promise.resolve(model) });
}
