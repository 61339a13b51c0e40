// The runtime against the model, on random scenarios.
import * as fc from "fast-check";
import { comparable, firstDifference } from "../compare.ts";
import { playSupervisionCase } from "../play-supervision-case.ts";
import type { SupervisionTrace } from "../supervision-case.ts";
import { virtualTime } from "../time.ts";
import { OutOfModel } from "./model-world.ts";
import { type Scenario, scenarios } from "./random-case.ts";
import { type Simulated, simulateCase } from "./simulate-case.ts";

export const modelProperty = fc.asyncProperty(scenarios({ chaos: false }), async (scenario) => {
  const model = simulated(scenario);
  fc.pre(model !== undefined);
  const difference = await differenceFromModel(scenario, model);
  if (difference !== undefined) throw new Error(`the runtime differs from the model: ${difference}`);
});

function simulated(scenario: Scenario): Simulated | undefined {
  try {
    return simulateCase(scenario);
  } catch (thrown) {
    if (thrown instanceof OutOfModel) return undefined;
    throw thrown;
  }
}

async function differenceFromModel(scenario: Scenario, model: Simulated): Promise<string | undefined> {
  const seen = { ...scenario, order: model.order, expect: model.trace };
  const time = virtualTime();
  const played = await playSupervisionCase(seen, time);
  // Side by side, as when a supervisor is killed, the model keeps no time.
  const elapsedMs = model.order === "total" ? { got: time.clock.now(), want: model.elapsedMs } : { got: 0, want: 0 };
  return firstDifference(
    { ...sameIdsByAge(comparable(seen, played)), elapsedMs: elapsedMs.got },
    { ...sameIdsByAge(comparable(seen, model.trace)), elapsedMs: elapsedMs.want },
  );
}

/** Pools list by id; children of one id, which only pools have, in no order that anyone promises. */
function sameIdsByAge(trace: SupervisionTrace): SupervisionTrace {
  return JSON.parse(JSON.stringify(trace), (_key, value: unknown) =>
    Array.isArray(value) && value.every(isEntry)
      ? value.toSorted((a, b) => (a.id === b.id ? (a.generation ?? 0) - (b.generation ?? 0) : 0))
      : value,
  ) as SupervisionTrace;
}

function isEntry(value: unknown): value is { readonly id: string; readonly generation?: number } {
  return typeof value === "object" && value !== null && "id" in value && "state" in value;
}
