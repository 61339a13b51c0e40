import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { comparable } from "../compare.ts";
import type { SupervisionCase } from "../supervision-case.ts";
import { OutOfModel } from "./model-world.ts";
import { type Simulated, simulateCase } from "./simulate-case.ts";

const file = new URL("../../fixtures/otp/vectors.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { readonly vectors: readonly SupervisionCase[] };

function simulated(played: SupervisionCase): Simulated | undefined {
  try {
    return simulateCase(played);
  } catch (thrown) {
    if (thrown instanceof OutOfModel) return undefined;
    throw thrown;
  }
}

const inScope = vectors.flatMap((played) => {
  const model = simulated(played);
  return model === undefined ? [] : [[played.name, played, model] as const];
});

describe("the model of supervision", () => {
  // The others do not wait for the end of their steps, but for one that is a matter of luck.
  test("speaks of 240 of the 281 recorded traces", () => {
    expect(inScope).toHaveLength(240);
  });

  test.each(inScope)("gives Erlang's trace: %s", (_name, played, model) => {
    const seen = { ...played, order: model.order };
    expect(comparable(seen, model.trace)).toEqual(comparable(seen, played.expect));
  });
});
