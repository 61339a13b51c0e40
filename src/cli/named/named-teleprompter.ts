import { describe, UsageError } from "../../foundation/errors.ts";
import { isTeleprompter } from "../../teleprompters/job/compile-options.ts";
import type { CliWorld } from "../cli-world.ts";
import { isExportName, namedExport } from "./named-export.ts";
import { type AnyTeleprompter, isReadyMade, readyMadeTeleprompter } from "./ready-made-teleprompters.ts";

/**
 * The teleprompter that the command line names: a ready-made one with its options, or `FILE#name`, which is one that has a
 * metric of its own if it needs one, or a function of the metric that makes one.
 *
 * @param metric of the command line
 * @throws UsageError (rejects) for what is none, and as {@link namedExport} does
 */
export async function namedTeleprompter(
  option: string,
  text: string,
  metric: unknown,
  world: CliWorld,
): Promise<AnyTeleprompter> {
  if (isReadyMade(text) || !isExportName(text)) return readyMadeTeleprompter(option, text, metric);
  const found = await namedExport(option, text, world);
  if (typeof found !== "function" && metric !== undefined && isTeleprompter(found))
    throw new UsageError(
      `${option} ${text}: it is made, with its metric if it has one; for --metric, export a function that takes it and makes one`,
    );
  const given: unknown = typeof found === "function" ? await (found as (metric: unknown) => unknown)(metric) : found;
  if (!isTeleprompter(given))
    throw new UsageError(
      `${option} ${text}: expected a teleprompter, or a function that makes one, got ${describe(given)}`,
    );
  return given;
}
