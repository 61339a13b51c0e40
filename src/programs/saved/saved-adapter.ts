import { z } from "zod";
import type { Adapter } from "../../adapters/adapter.ts";
import { adapterFacts, sameFacts } from "../../adapters/adapter-settings.ts";
import type { AdapterFacts } from "../../adapters/adapter-settings.ts";
import { chatAdapter } from "../../adapters/chat-adapter.ts";
import { jsonAdapter } from "../../adapters/json-adapter.ts";
import { leanAdapter } from "../../adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../adapters/two-step-adapter.ts";
import { xmlAdapter } from "../../adapters/xml-adapter.ts";
import { UsageError, describe } from "../../foundation/errors.ts";
import { firstIssue } from "../../signatures/issue-text.ts";

/** An adapter in a file. Files of the format's first version have its name alone. */
export const ADAPTER_SCHEMA: z.ZodType<string | AdapterFacts> = z.union([
  z.string(),
  z.strictObject({
    name: z.string(),
    settings: z.record(z.string(), z.unknown()).exactOptional(),
    custom: z.literal(true).exactOptional(),
  }),
]);

/** What makes an adapter of its saved settings; `own` is the adapter that is in this place already. */
type Maker = (settings: unknown, own: Adapter | undefined) => Adapter;

function maker<Settings>(schema: z.ZodType<Settings>, make: (settings: Settings, own?: Adapter) => Adapter): Maker {
  return (settings, own) => {
    const read = schema.safeParse(settings);
    if (!read.success) throw new AdapterProblem(`its settings are ${describe(settings)}: ${firstIssue(read.error)}`);
    return make(read.data, own);
  };
}

const NATIVE_TOOLS = z.boolean().exactOptional();
const FORMATS = z.enum(["schema", "json_object", "none"]).exactOptional();

/** The library's own layouts: files have their names and settings, and hold no code to make them. */
const MAKERS: ReadonlyMap<string, Maker> = new Map([
  ["chat", maker(z.strictObject({ nativeTools: NATIVE_TOOLS }), (settings) => chatAdapter(settings))],
  ["json", maker(z.strictObject({ format: FORMATS, nativeTools: NATIVE_TOOLS }), (settings) => jsonAdapter(settings))],
  ["lean", maker(z.strictObject({}), () => leanAdapter())],
  [
    "two_step",
    maker(
      z.strictObject({ extract: ADAPTER_SCHEMA.optional(), client: z.string().exactOptional() }),
      ({ extract, ...settings }, own) =>
        twoStepAdapter({ ...settings, ...(extract !== undefined && { extract: made(extract, own?.parts?.[0]) }) }),
    ),
  ],
  ["xml", maker(z.strictObject({ nativeTools: NATIVE_TOOLS }), (settings) => xmlAdapter(settings))],
]);

/** Why a file's adapter cannot be had. */
class AdapterProblem extends Error {
  override readonly name = "AdapterProblem";
}

/**
 * The adapter that a file means: the one that is there, where it is the same; else one of the library's. Or, in words, why
 * it cannot be had.
 */
export function readAdapter(saved: string | AdapterFacts, own: Adapter | undefined): Adapter | string {
  try {
    return made(saved, own);
  } catch (thrown) {
    // Settings that are each right may not go together.
    if (thrown instanceof AdapterProblem || thrown instanceof UsageError) return `${nameIn(saved)}: ${thrown.message}`;
    throw thrown;
  }
}

function made(saved: string | AdapterFacts, own: Adapter | undefined): Adapter {
  if (own !== undefined && isSame(saved, own)) return own;
  const facts: AdapterFacts = typeof saved === "string" ? { name: saved } : saved;
  const make = facts.custom === true ? undefined : MAKERS.get(facts.name);
  if (make !== undefined) return make(facts.settings ?? {}, own);
  const known = [...MAKERS.keys()].join(", ");
  const there =
    own?.name === facts.name
      ? `the program's has other settings (${describe(own.settings)}, in the file ${describe(facts.settings)})`
      : `give the program that adapter before loading (there are ${known})`;
  throw new AdapterProblem(there);
}

/** A name alone says nothing of settings. */
function isSame(saved: string | AdapterFacts, own: Adapter): boolean {
  return typeof saved === "string" ? saved === own.name : sameFacts(saved, adapterFacts(own));
}

function nameIn(saved: string | AdapterFacts): string {
  return `the file's adapter is "${typeof saved === "string" ? saved : saved.name}"`;
}
