import { AsyncLocalStorage } from "node:async_hooks";
import type { FieldValues } from "../../adapters/adapter.ts";
import type { Clock } from "../../foundation/clock.ts";
import { digest } from "../../foundation/digest.ts";
import { asError, DspexError } from "../../foundation/errors.ts";
import { addUsage, NO_USAGE } from "../../lm/language-model.ts";
import type { LmUsage } from "../../lm/language-model.ts";
import { costOfFailure } from "../../lm/told-usage.ts";
import type { Ledger, ReplayedSpending } from "../../lm/ledger/ledger.ts";
import { isPrediction } from "../prediction.ts";
import type { Exchange, TraceStep } from "../prediction.ts";
import { readStep, writeStep } from "../records/run-records.ts";
import { fromSavedJson, toSavedJson } from "../saved/saved-json.ts";
import type { EffectStore } from "./effect-store.ts";

/** What an effect is of: a predictor's call, a search, a tool's call; programs of your own name their own. */
export type EffectKind = "predict" | "search" | "tool" | (string & {});

/** Does it. Where somebody wants to know, what was asked and answered on the way goes into `exchanges`. */
export type Perform<Value> = (exchanges: Exchange[] | undefined) => Promise<Value>;

/** What all effects of one run have in common. */
export interface EffectGround {
  readonly run: string;
  readonly clock: Clock;
  /** The run's life: what fails because it ends is no outcome. */
  readonly signal: AbortSignal;
  readonly store: EffectStore | undefined;
  /** By path, kind and input: how many there were. */
  readonly counts: Map<string, number>;
  /** Takes each as it ends; undefined: nobody wants to know. */
  readonly steps: TraceStep[] | undefined;
}

export interface EffectOf<Value> {
  readonly kind: EffectKind;
  readonly path: string;
  /** Plain data: what the result depends on. */
  readonly inputs: FieldValues;
  readonly perform: Perform<Value>;
  /** Of whoever asks: what an earlier life has spent on it counts there. */
  readonly ledger: Ledger;
}

/**
 * The one door through which programs reach the world. Nobody interested: performed. Traced: noted as it ends. With a store:
 * looked up first; else performed, and recorded before its result is seen. What it fails with is recorded as well, but for
 * mistakes in the program, and for what ends with the run.
 *
 * Its id is its path, kind and input, and a count among equals: so it is the same whatever the timing, and a replayed one has
 * the input that it had. One within another is counted there, since a later life does not come by it again; and what comes of
 * one is seen as a later life will see it.
 */
export async function effect<Value>(ground: EffectGround, of: EffectOf<Value>): Promise<Value> {
  const { store, steps } = ground;
  if (store === undefined && steps === undefined) return of.perform(undefined);
  const key = store && { run: ground.run, id: idOf(ground, of) };
  // A database says null for what is not there.
  const found = key && ((await store.find(key)) ?? undefined);
  if (found !== undefined) {
    const step = Object.freeze({ ...readStep(found), replayed: true });
    of.ledger.replayed(spentOn(step));
    steps?.push(step);
    return resultOf<Value>(step);
  }
  const step = await (key === undefined
    ? performed(ground, of)
    : WITHIN.run({ ground, id: key.id }, recordable, ground, of));
  if (key !== undefined && isOutcome(step, ground)) await store?.record(key, writeStep(step));
  steps?.push(step);
  return resultOf<Value>(step);
}

/** Which effect the code that is running belongs to, where effects are recorded. */
const WITHIN = new AsyncLocalStorage<{ readonly ground: EffectGround; readonly id: string }>();

/** With its value as it will be read: what JSON has no word for is another thing by then. */
async function recordable<Value>(ground: EffectGround, of: EffectOf<Value>): Promise<TraceStep> {
  const step = await performed(ground, of);
  if (step.value === undefined) return step;
  const where = `a record of what ${of.kind} at ${of.path} came to`;
  return Object.freeze({ ...step, value: fromSavedJson(toSavedJson(step.value, where)) });
}

async function performed<Value>({ clock }: EffectGround, of: EffectOf<Value>): Promise<TraceStep> {
  const { kind, path, inputs, perform } = of;
  const startedAt = clock.now();
  const exchanges: Exchange[] = [];
  const ended = (how: Partial<TraceStep>): TraceStep =>
    Object.freeze({
      kind,
      path,
      inputs,
      exchanges: Object.freeze(exchanges),
      ...spent(exchanges, how),
      ms: clock.now() - startedAt,
      ...how,
    });
  try {
    const value = await perform(exchanges);
    return ended(isPrediction(value) ? { prediction: value } : { value });
  } catch (thrown) {
    return ended({ error: asError(thrown) });
  }
}

/** What it cost: a prediction knows; else what its answers say. */
function spent(
  exchanges: readonly Exchange[],
  { prediction }: Partial<TraceStep>,
): { readonly usage: LmUsage; readonly usd?: number } {
  if (prediction !== undefined) {
    const { usage, usd } = prediction.$meta;
    return { usage, ...(usd !== undefined && { usd }) };
  }
  const usages = exchanges.map(({ response, error }) => response?.usage ?? costOfFailure(error)?.usage ?? NO_USAGE);
  return { usage: usages.reduce(addUsage, NO_USAGE) };
}

/** Searches are no requests to a model; what else there was, its conversation knows. */
function spentOn({ kind, prediction, exchanges, usage, usd }: TraceStep): ReplayedSpending {
  const requests = kind === "search" ? 0 : (prediction?.$meta.attempts ?? exchanges.length);
  return { requests, searches: kind === "search" ? (prediction?.$meta.attempts ?? 1) : 0, usage, usd };
}

function resultOf<Value>({ prediction, value, error }: TraceStep): Value {
  if (error !== undefined) throw error;
  // It is what `perform` gave, in this life or an earlier one.
  return (prediction ?? value) as Value;
}

/** What a later life must see as it was. A mistake may be mended by then, and who was cancelled has seen nothing. */
function isOutcome({ error }: TraceStep, { signal }: EffectGround): boolean {
  if (error === undefined) return true;
  return error instanceof DspexError && error.code !== "cancelled" && !signal.aborted;
}

function idOf(ground: EffectGround, { kind, path, inputs }: EffectOf<unknown>): string {
  const { counts } = ground;
  const around = WITHIN.getStore();
  const within = around?.ground === ground ? `${around.id}/` : "";
  const name = `${within}${path}/${kind}/${digest(toSavedJson(inputs, `${kind} at ${path}: its inputs`))}`;
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return `${name}/${count}`;
}
