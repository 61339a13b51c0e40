import { UsageError } from "../foundation/errors.ts";
import type { LmCapabilities } from "../lm/language-model.ts";
import type { Adapter } from "./adapter.ts";
import { chatAdapter } from "./chat-adapter.ts";
import { leanAdapter } from "./lean-adapter.ts";

/** Where an adapter may have been set. */
export interface AdapterWishes {
  readonly call?: Adapter | undefined;
  readonly program?: Adapter | undefined;
  readonly client?: Adapter | undefined;
}

/**
 * The adapter of a call: the call's, else the program's, else the client's; where none was set, the lean one for a model
 * that goes on with an opened turn and takes grammars (a local, small one, as a rule), else the chat one.
 * @throws UsageError when the one that was set does not fit the model
 */
export function chooseAdapter(wishes: AdapterWishes, capabilities: LmCapabilities): Adapter {
  for (const where of ["call", "program", "client"] as const) {
    const adapter = wishes[where];
    if (adapter === undefined) continue;
    if (adapter.fits(capabilities)) return adapter;
    const able = Object.entries(capabilities).flatMap(([name, can]) => (can === true ? [name] : []));
    throw new UsageError(
      `the ${adapter.name} adapter, set for the ${where}, does not fit this model, which can do: ${able.join(", ") || "none of schema, tools, prefill, grammar"}`,
    );
  }
  return capabilities.prefill && capabilities.grammar ? leanAdapter() : chatAdapter();
}
