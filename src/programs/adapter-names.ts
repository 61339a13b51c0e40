import type { Adapter } from "../adapters/adapter.ts";
import { chatAdapter } from "../adapters/chat-adapter.ts";
import { jsonAdapter } from "../adapters/json-adapter.ts";
import { leanAdapter } from "../adapters/lean-adapter.ts";
import { twoStepAdapter } from "../adapters/two-step-adapter.ts";
import { xmlAdapter } from "../adapters/xml-adapter.ts";
import { mismatch } from "./saved-program-error.ts";

/** The library's own layouts: files name adapters, and hold no code to make them. */
const ADAPTERS: ReadonlyMap<string, () => Adapter> = new Map<string, () => Adapter>([
  ["chat", chatAdapter],
  ["json", jsonAdapter],
  ["lean", leanAdapter],
  ["two_step", twoStepAdapter],
  ["xml", xmlAdapter],
]);

/**
 * The adapter of that name, with its default options.
 * @throws SavedProgramError `mismatch` for one of the user's own: the program that a file is loaded into must bring it
 */
export function adapterNamed(name: string, predictor: string): Adapter {
  const make = ADAPTERS.get(name);
  if (make !== undefined) return make();
  const known = [...ADAPTERS.keys()].join(", ");
  throw mismatch(
    `the file's adapter is "${name}": give the program that adapter before loading (there are ${known})`,
    predictor,
  );
}
