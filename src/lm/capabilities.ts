import { checkOptions, optionNames } from "../foundation/check-options.ts";
import { describe, UsageError } from "../foundation/errors.ts";
import type { LmCapabilities } from "./language-model.ts";

const NAMES = optionNames<LmCapabilities>({ schema: true, tools: true, prefill: true, grammar: true });

/** @throws UsageError for what no model can be said to do, and for an answer that is neither yes nor no */
export function checkCapabilities(what: string, capabilities: Partial<LmCapabilities> | undefined): void {
  if (capabilities === undefined) return;
  checkOptions(`${what}: capabilities`, capabilities, NAMES, "capability");
  for (const [name, can] of Object.entries(capabilities)) {
    if (can !== undefined && typeof can !== "boolean")
      throw new UsageError(`${what}: capabilities.${name} must be true or false, got ${describe(can)}`);
  }
}
