// The adapters that the files name.
import type { Adapter } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import type { LmCapabilities } from "../../src/lm/language-model.ts";

export const NO_CAPABILITIES: LmCapabilities = { schema: false, tools: false, prefill: false, grammar: false };

const ADAPTERS: ReadonlyMap<string, () => Adapter> = new Map<string, () => Adapter>([
  ["chat", chatAdapter],
  ["json", jsonAdapter],
  ["xml", xmlAdapter],
  ["two_step", twoStepAdapter],
]);

export function vectorAdapter(name: string): Adapter {
  const make = ADAPTERS.get(name);
  if (make === undefined) throw new Error(`there is no adapter "${name}"`);
  return make();
}
