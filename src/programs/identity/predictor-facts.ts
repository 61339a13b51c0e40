import type { Adapter } from "../../adapters/adapter.ts";
import { adapterFacts, isCustom } from "../../adapters/adapter-settings.ts";
import { isComplete } from "../../adapters/prompt/example-turns.ts";
import { toolFieldsOf } from "../../adapters/prompt/native-tools.ts";
import { inOrder } from "../../foundation/digest.ts";
import type { Demo } from "../../signatures/example.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { AnyPredictor } from "../program.ts";
import { toSavedJson } from "../saved/saved-json.ts";
import { codeFacts } from "./code-facts.ts";
import type { SourceListener } from "./code-facts.ts";
import { signatureFacts } from "./signature-facts.ts";

/**
 * A predictor as plain data: what of it can be seen in a prompt, a request or the reading of an answer. Whether it is
 * frozen is only for optimizers to see.
 *
 * @throws UsageError for a demo that holds what is no data
 */
export function predictorFacts(predictor: AnyPredictor, where: string, onSource: SourceListener): object {
  const { signature, demos, config, client, adapter, onUnparsable } = predictor;
  // An adapter of the user's own may show all of a demo; the library's show what has a field.
  const whole = adapter !== undefined && isCustom(adapter);
  const names = whole ? undefined : signature.fields.map(({ name }) => name);
  return {
    kind: "predict",
    signature: signatureFacts(signature, where, onSource),
    demos: demos.flatMap((demo, index) =>
      whole || isShown(demo, signature.inputFields, signature.outputFields)
        ? [demoFacts(demo, names, `${where}, demo ${index + 1}`)]
        : [],
    ),
    config,
    client,
    adapter: adapter && fullAdapterFacts(adapter, where, toolFieldsOf(signature)?.native === true, onSource),
    onUnparsable,
  };
}

/** Without inputs or without outputs it teaches nothing, and is left out of every prompt. */
function isShown(demo: Demo, inputs: readonly Field[], outputs: readonly Field[]): boolean {
  const has = (fields: readonly Field[]): boolean => fields.some(({ name }) => demo[name] !== undefined);
  return isComplete([...inputs, ...outputs], demo) || (has(inputs) && has(outputs));
}

function demoFacts(demo: Demo, names: readonly string[] | undefined, where: string): object {
  const entries = Object.entries(demo).flatMap(([name, value]) =>
    value === undefined || names?.includes(name) === false
      ? []
      : [[name, inOrder(toSavedJson(value, `${where}, field "${name}"`))]],
  );
  return Object.fromEntries(entries) as object;
}

/**
 * The adapter by name and settings; one of the user's own by its code, too.
 * @param offersTools whether the signature that it is for has tools that a request can offer: without them nobody sees
 *   whether it would
 */
export function fullAdapterFacts(
  adapter: Adapter,
  where: string,
  offersTools: boolean,
  onSource: SourceListener,
): object {
  const { name, version, parts } = adapter;
  const about = `${where}, its adapter "${name}"`;
  const inside = parts?.map((part) => fullAdapterFacts(part, where, false, onSource));
  if (!isCustom(adapter)) {
    // What it asks through is among its parts, and said there.
    const { nativeTools, extract: _extract, ...settings } = adapter.settings ?? {};
    return { name, settings: { ...settings, ...(offersTools && { nativeTools }) }, parts: inside };
  }
  const source = (fn: object): object => codeFacts(version === undefined ? fn : { version }, about, onSource);
  return { ...adapterFacts(adapter), code: [source(adapter.prepare), source(adapter.fits)], parts: inside };
}
