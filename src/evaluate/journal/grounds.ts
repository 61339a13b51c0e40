import type { Adapter } from "../../adapters/adapter.ts";
import { digest } from "../../foundation/digest.ts";
import { uniqueName } from "../../foundation/random.ts";
import { LmError } from "../../lm/failure.ts";
import { editSampling } from "../../lm/sampling.ts";
import type { Executor } from "../../programs/executor.ts";
import { clientsAsked } from "../../programs/identity/clients-asked.ts";
import { digestOf } from "../../programs/identity/digest-of.ts";
import { fullAdapterFacts } from "../../programs/identity/predictor-facts.ts";
import { isProgram } from "../../programs/program-tree.ts";
import type { Program } from "../../programs/program.ts";
import { NO_OVERLAY } from "../../programs/run-terms.ts";
import type { Overlay } from "../../programs/run-terms.ts";
import { digestOfMetrics } from "../metrics/metric.ts";
import type { Metrics } from "../metrics/metric.ts";
import { metricsBySource } from "../source-notes.ts";

/** What a candidate's predictions rest on, apart from the example. */
export interface Ground {
  /** Of all that follows. */
  readonly id: string;
  /** The candidate's name, for people. */
  readonly name: string;
  /** Of the program, and of what the evaluation lays over it. */
  readonly program: string;
  /** Of the identities of all clients it can reach; undefined where nobody knows one: then `id` is no other time's. */
  readonly clients: string | undefined;
}

/** @param copy how many candidates before this one are the very same */
export async function groundOf(
  executor: Executor,
  candidate: Program<never>,
  overlay: Overlay,
  copy: number,
): Promise<Ground> {
  const { adapter, client, config } = overlay;
  const program = digest({
    program: digestOf(candidate),
    adapter: adapter && adapterOf(adapter),
    client,
    config: editSampling({}, config ?? {}),
    copy,
  });
  const clients = await clientsOf(executor, candidate, overlay);
  return Object.freeze({
    id: named({ program, clients: clients ?? uniqueName() }),
    name: candidate.name,
    program,
    clients,
  });
}

/** What scores rest on, apart from the prediction and its labels. */
export interface MetricGround {
  readonly id: string;
  /** Whether a judge's client is not known by any identity: then `id` is no other time's. */
  readonly unknown: boolean;
  /** Names of those that are known by their source text alone. */
  readonly bySource: readonly string[];
}

export async function metricGround(executor: Executor, metric: Metrics, trace: boolean): Promise<MetricGround> {
  const judges = judgesOf(metric);
  const clients = await Promise.all(judges.map((judge) => clientsOf(executor, judge, NO_OVERLAY)));
  const unknown = clients.includes(undefined);
  const id = named({ metric: digestOfMetrics(metric), clients, trace, ...(unknown && { only: uniqueName() }) });
  return Object.freeze({ id, unknown, bySource: metricsBySource(metric) });
}

/** The programs that metrics ask. */
export function judgesOf(metric: Metrics): readonly Program<never>[] {
  const metrics: readonly unknown[] = typeof metric === "function" ? [metric] : Object.values(metric);
  return metrics.flatMap((each) => {
    const { judge } = each as { readonly judge?: unknown };
    return isProgram(judge) ? [judge] : [];
  });
}

/** Undefined: one of them has no identity. */
async function clientsOf(executor: Executor, program: Program<never>, overlay: Overlay): Promise<string | undefined> {
  const asked = clientsAsked(program, overlay);
  // One that asks by code of its own, if at all: the only client there is, as far as that is known.
  if (asked.length === 0) return digest([(await identity(executor, undefined)) ?? null]);
  const known = await Promise.all(asked.map((name) => identity(executor, name)));
  return known.includes(undefined) ? undefined : digest(known);
}

/** A client that is not there has no answers that could be mistaken for another's. */
async function identity(executor: Executor, name: string | undefined): Promise<string | undefined> {
  try {
    return await executor.identity(name);
  } catch (thrown) {
    if (thrown instanceof LmError && thrown.code === "no_such_client") return `none ${name ?? ""}`;
    throw thrown;
  }
}

function adapterOf(adapter: Adapter): object {
  return fullAdapterFacts(adapter, "options", true, () => undefined);
}

/** 128 bits are enough for what one file holds. */
function named(facts: object): string {
  return digest(facts).slice(0, 22);
}
