import { describe, UsageError } from "../../foundation/errors.ts";
import type { Clock } from "../../foundation/clock.ts";
import { heard } from "../../foundation/heard.ts";
import { cancelledError } from "../../lm/failure.ts";
import type { LanguageModel, LmSpec } from "../../lm/language-model.ts";
import { ledgeredLm } from "../../lm/ledger/ledgered-lm.ts";
import { openedModel } from "../../lm/opened-model.ts";
import { openedRetriever } from "../../retrieval/check-found.ts";
import { ledgeredRetriever } from "../../retrieval/ledgered-retriever.ts";
import type { Retriever, RetrieverSpec, SearchOptions } from "../../retrieval/retriever.ts";
import type { ContextClient, ContextRetriever, RunGrounds } from "../call-context.ts";
import { pickClient, pickRetriever } from "../pick-client.ts";
import type { RunTerms } from "../run-terms.ts";
import type { BareGrounds } from "./forward-options.ts";
import { bareModel } from "./bare-model.ts";

/** What a run has opened, and closes. */
export type Held = LanguageModel | Retriever;

/** The run that a context is for. */
export interface BareLife {
  /** What is ours to close. */
  readonly held: Held[];
  readonly terms: RunTerms;
  readonly clock: Clock;
  /** Aborted by the caller, and when the run has ended. */
  readonly signal: AbortSignal;
}

/** Rejects also where it throws at once. */
export async function close(each: Held): Promise<void> {
  await each.close();
}

export type WaysToClients = Pick<RunGrounds, "client" | "retriever">;

/** The way to its models and retrievers: each is opened when it is first asked for. */
export function waysToClients(grounds: BareGrounds, { held, terms, clock, signal }: BareLife): WaysToClients {
  const sources = Object.entries(grounds.clients);
  const hold = async <Opened extends Held>(open: () => Promise<Opened>): Promise<Opened> => {
    if (signal.aborted) throw cancelledError(signal.reason);
    const opened = await open();
    if (!signal.aborted) {
      held.push(opened);
      return opened;
    }
    // Nobody would close it later.
    void heard(close(opened));
    throw cancelledError(signal.reason);
  };
  const what = (name: string): string => `forward: client "${name}"`;
  const pricing = { prices: grounds.prices, wallTime: () => clock.wallTime() };
  const inUse = async (name: string, given: LanguageModel): Promise<LanguageModel> => {
    const { lm, price } = await openedModel(what(name), given, pricing);
    return bareModel(ledgeredLm(lm, { name, ledger: terms.ledger, clock, price }), signal);
  };
  // What can already be asked is used as it is and stays open: it is its owner's to close.
  const openModel = onceEach(async (name, source: LanguageModel | LmSpec): Promise<LanguageModel> => {
    const isObject = typeof source === "object" && source !== null;
    if (isObject && "generate" in source) return inUse(name, source);
    if (!isObject || typeof source.open !== "function") {
      throw new UsageError(
        `${what(name)} must be a language model, a retriever or the spec of one, got ${describe(source)}`,
      );
    }
    return inUse(name, await hold(async () => source.open({ signal })));
  });
  const openRetriever = onceEach(async (name, source: Retriever | RetrieverSpec): Promise<Retriever> => {
    const retriever = "search" in source ? source : await hold(async () => source.open({ signal }));
    const opened = await openedRetriever(what(name), retriever, pricing);
    return bareRetriever(ledgeredRetriever(opened.retriever, { name, ledger: terms.ledger, clock }));
  });
  const models = new Map(sources.flatMap(([name, source]) => (isRetriever(source) ? [] : [[name, source] as const])));
  const retrievers = new Map(
    sources.flatMap(([name, source]) => (isRetriever(source) ? [[name, source] as const] : [])),
  );

  const clientOf = async (name?: string): Promise<ContextClient> => {
    const chosen = pickClient([...models.keys()], name);
    // It is one of the names that are there; so below.
    return Object.freeze({ name: chosen, lm: await openModel(chosen, models.get(chosen)!) });
  };
  const retrieverOf = async (name?: string): Promise<ContextRetriever> => {
    const chosen = pickRetriever([...retrievers.keys()], name);
    return Object.freeze({ name: chosen, retriever: await openRetriever(chosen, retrievers.get(chosen)!) });
  };

  return { client: clientOf, retriever: retrieverOf };
}

function bareRetriever(retriever: Retriever): Retriever {
  // async: one that throws at once is one that rejects.
  const search = async (query: string, k: number, options?: SearchOptions) => retriever.search(query, k, options);
  return Object.freeze({
    search: (query: string, k: number, options?: SearchOptions) => heard(search(query, k, options)),
    ...(retriever.describe && { describe: () => retriever.describe?.() ?? {} }),
    close: () => retriever.close(),
  });
}

function isRetriever(source: unknown): source is Retriever | RetrieverSpec {
  if (typeof source !== "object" || source === null) return false;
  return "search" in source || ("kind" in source && source.kind === "retriever");
}

/** Opens the client of each name a single time. */
function onceEach<Source, Open>(
  open: (name: string, source: Source) => Promise<Open>,
): (name: string, source: Source) => Promise<Open> {
  const known = new Map<string, Promise<Open>>();
  return (name, source) => {
    const made = known.get(name) ?? open(name, source);
    known.set(name, made);
    return made;
  };
}
