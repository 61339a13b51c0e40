import type { Adapter } from "../../adapters/adapter.ts";
import type { Program } from "../program.ts";
import type { Overlay } from "../run-terms.ts";

/**
 * The LM clients that a program's predictors and their adapters ask, one after the other; undefined stands for the only one
 * there is. What a program asks by code of its own (`context.client`) is not seen.
 */
export function clientsAsked(program: Program<never>, { client, adapter }: Overlay): readonly (string | undefined)[] {
  return Object.values(program.predictors()).flatMap((predictor) => {
    // The run's goes before all others.
    if (client !== undefined) return [client];
    const layout = adapter ?? predictor.adapter;
    return [predictor.client, ...(layout === undefined ? [] : clientsOfAdapter(layout))];
  });
}

/** The clients that an adapter asks besides the call's own, by its settings. */
export function clientsOfAdapter({ settings, parts = [] }: Adapter): readonly string[] {
  const client = settings?.["client"];
  return [...(typeof client === "string" ? [client] : []), ...parts.flatMap(clientsOfAdapter)];
}
