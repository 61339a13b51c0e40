import { basename } from "node:path";
import { nearest } from "../../foundation/check-options.ts";
import { describe, UsageError } from "../../foundation/errors.ts";
import type { AnySignature, Metric, Metrics } from "../../index.ts";
import type { CliWorld } from "../cli-world.ts";
import { isExportName, namedExport, readExportName } from "./named-export.ts";
import { readyMadeMetric } from "./ready-made-metrics.ts";

/** As metrics are kept: what they are called with is for those who wrote them. */
type AnyMetric = Metric<never, never, never>;

/**
 * The metrics that the command line names, each `name:field[:setting]` or `FILE#name`. Several stand beside each other in the
 * order given: the first one's score is the score.
 *
 * @param signature the program's, where it is known: a metric of an output that it does not have is refused
 * @throws UsageError (rejects) for what is no metric, one that is named twice, and as {@link namedExport} does
 */
export async function namedMetrics(
  option: string,
  texts: readonly string[],
  signature: AnySignature | undefined,
  world: CliWorld,
): Promise<Metrics<never, never, never>> {
  const named: (readonly [name: string, metric: AnyMetric])[] = [];
  for (const text of texts)
    named.push(
      ...(isExportName(text)
        ? await ownMetrics(option, text, world)
        : [[text, ownMetric(readyMade(option, text, signature))] as const]),
    );
  const [first] = named;
  if (named.length === 1 && first !== undefined) return first[1];
  const twice = named.find(([name], at) => named.findIndex(([other]) => other === name) < at);
  if (twice !== undefined) throw new UsageError(`${option}: two metrics are called "${twice[0]}"`);
  return Object.fromEntries(named);
}

function readyMade(option: string, text: string, signature: AnySignature | undefined): object {
  const { metric, fields } = readyMadeMetric(option, text);
  const outputs = signature?.outputFields.map(({ name }) => name);
  for (const field of fields) {
    if (outputs === undefined || outputs.includes(field)) continue;
    const near = nearest(field, outputs);
    const hint = near === undefined ? "" : ` (is "${near}" meant?)`;
    throw new UsageError(`${option} ${text}: the program gives no "${field}"${hint}; it gives ${outputs.join(", ")}`);
  }
  return metric;
}

/** A metric of one's own, or an object of several, which keep their names. */
async function ownMetrics(
  option: string,
  text: string,
  world: CliWorld,
): Promise<readonly (readonly [string, AnyMetric])[]> {
  const found = await namedExport(option, text, world);
  const { file, name } = readExportName(option, text);
  if (typeof found === "function") return [[name === "default" ? basename(file) : name, ownMetric(found)]];
  const entries =
    typeof found === "object" && found !== null ? Object.entries(found as Readonly<Record<string, unknown>>) : [];
  if (entries.length === 0 || !entries.every(([, each]) => typeof each === "function"))
    throw new UsageError(
      `${option} ${text}: expected a metric (a function), or several by name, got ${describe(found)}`,
    );
  return entries.map(([each, metric]) => [each, ownMetric(metric as object)]);
}

/** It is a function: what it makes of examples and predictions shows when it is asked. */
function ownMetric(found: object): AnyMetric {
  return found as AnyMetric;
}
