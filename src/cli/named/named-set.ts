import { resolve } from "node:path";
import { describe, UsageError } from "../../foundation/errors.ts";
import { type AnyExample, type AnySignature, loadExamples } from "../../index.ts";
import type { CliWorld } from "../cli-world.ts";
import { unlessInterrupted } from "../interrupts.ts";
import { isExportName, namedExport } from "./named-export.ts";

/**
 * The examples of a file of data, read by the signature's types, or those that a module exports as `FILE#name`: a list, as
 * `loadExamples` and `examples` give it.
 *
 * @throws DatasetError, UsageError (reject) as `loadExamples` does; UsageError for what is no list of examples, for a file of
 *   data without a signature, and as {@link namedExport} does
 */
export async function namedSet(
  option: string,
  text: string,
  signature: AnySignature | undefined,
  world: CliWorld,
): Promise<readonly AnyExample[]> {
  if (isExportName(text)) {
    const found = await namedExport(option, text, world);
    if (!Array.isArray(found) || !found.every(isExample))
      throw new UsageError(`${option} ${text}: expected a list of examples, got ${describe(found)}`);
    if (found.length === 0) throw new UsageError(`${option} ${text}: there are no examples in it`);
    return found;
  }
  if (signature === undefined)
    throw new UsageError(
      `${option}: the program does not say what its fields are: give --signature "inputs -> outputs"`,
    );
  // As it was typed, where that is the same: messages name the file so.
  const path = world.cwd === process.cwd() ? text : resolve(world.cwd, text);
  const set = await unlessInterrupted(world.signal, loadExamples(path, { signature }));
  // Inputs and labels are records, whatever the signature.
  return set as readonly object[] as readonly AnyExample[];
}

function isExample(value: unknown): value is AnyExample {
  if (typeof value !== "object" || value === null) return false;
  const { id, inputs, labels } = value as Partial<AnyExample>;
  return typeof id === "string" && typeof inputs === "object" && typeof labels === "object";
}
