import { systemClock } from "../../foundation/clock.ts";
import { onAbort } from "../../foundation/on-abort.ts";
import { type Places, places } from "../../foundation/places.ts";
import type { LanguageModel, LmSpec } from "../../lm/language-model.ts";
import { wrapModel } from "../../lm/wrap-model.ts";
import type { Retriever, RetrieverSpec } from "../../retrieval/retriever.ts";
import type { Executor } from "../executor.ts";
import { identityOf } from "../identity/digest-of.ts";
import { settled } from "../outcome.ts";
import { pickClient } from "../pick-client.ts";
import type { RunOptions } from "../run-terms.ts";
import type { BareGrounds } from "./forward-options.ts";
import { bareTerms, endWith, runIn } from "./bare-run.ts";

/** An executor without a system: its runs share models, which are opened once. */
export interface BareExecutor extends Executor {
  /** Closes what it has opened; what was open when it was given stays so. */
  close(): Promise<void>;
}

type Opened = LanguageModel | Retriever;

export function bareExecutor(grounds: BareGrounds): BareExecutor {
  const { clock = systemClock, clients } = grounds;
  const opened = new Map<string, Promise<Opened>>();
  const life = new AbortController();
  const openOnce = (name: string, spec: LmSpec | RetrieverSpec): Promise<Opened> => {
    const known = opened.get(name) ?? Promise.resolve(spec.open({ signal: life.signal }));
    opened.set(name, known);
    return known;
  };
  /** Each run is given a spec that opens what all share, and closes nothing. */
  const shared: BareGrounds["clients"] = Object.fromEntries(
    Object.entries(clients).map(([name, source]) => [
      name,
      isSpec(source) ? sharedSpec(source, () => openOnce(name, source)) : source,
    ]),
  );
  const runGrounds: BareGrounds = { ...grounds, clients: shared };
  /** One listener for all runs of a piece of work, and not one each: n listeners on one signal cost n². */
  const under = new Map<AbortSignal, Places<AbortController>>();
  const models = Object.keys(clients).filter((name) => !isRetriever(clients[name]));

  return Object.freeze({
    clock,
    prices: grounds.prices,
    begin(options) {
      const { signal } = options;
      const ended = new AbortController();
      const parent = { terms: bareTerms(options, clock, grounds.random), signal: ended.signal };
      const runs = places<AbortController>();
      under.set(ended.signal, runs);
      const end = (): void => {
        ended.abort(signal?.reason);
        runs.each((run) => run.abort(signal?.reason));
      };
      if (signal?.aborted) end();
      if (signal !== undefined) onAbort(signal, end, life.signal);
      return parent;
    },
    async run(program, inputs, options: RunOptions) {
      const own = new AbortController();
      const { signal, parent } = options;
      endWith(own, signal);
      const runs = parent && under.get(parent.signal);
      if (runs === undefined) endWith(own, parent?.signal);
      else if (parent?.signal.aborted) own.abort(parent.signal.reason);
      const place = runs?.take(own) ?? 0;
      const outcome = await settled(() => runIn(own, program, inputs, options, runGrounds));
      runs?.leave(place);
      return outcome;
    },
    async identity(name) {
      const source = clients[pickClient(models, name)] as LanguageModel | LmSpec;
      const lm = isSpec(source) ? ((await openOnce(pickClient(models, name), source)) as LanguageModel) : source;
      return identityOf({ lm });
    },
    concurrency: () => Infinity,
    async close() {
      life.abort(new Error("the executor was closed"));
      await Promise.allSettled([...opened.values()].map(async (each) => (await each).close()));
    },
  } satisfies BareExecutor);
}

function isSpec(source: unknown): source is LmSpec | RetrieverSpec {
  return typeof source === "object" && source !== null && !("generate" in source) && !("search" in source);
}

function isRetriever(source: unknown): boolean {
  if (typeof source !== "object" || source === null) return false;
  return "search" in source || ("kind" in source && source.kind === "retriever");
}

function sharedSpec(spec: LmSpec | RetrieverSpec, open: () => Promise<Opened>): LmSpec | RetrieverSpec {
  const close = (): Promise<void> => Promise.resolve();
  if (spec.kind === "retriever") return { ...spec, open: async () => ({ ...((await open()) as Retriever), close }) };
  // It is the model of this very spec.
  return { ...spec, open: async () => wrapModel((await open()) as LanguageModel, { close }) };
}
