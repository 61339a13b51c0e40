import { addUsage, type LmUsage, NO_USAGE } from "../../lm/language-model.ts";
import type { LedgerEntry } from "../../lm/ledger/entry.ts";
import type { Passage } from "../../retrieval/retriever.ts";
import type { ActorRef, CallOf, Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import { ExitError } from "../../runtime/exit-reason.ts";
import type { Self } from "../../runtime/actor.ts";
import { CANCELLED } from "./cancel-groups.ts";
import { clientDown } from "./request.ts";
import { requestEnded } from "../client/request-events.ts";
import { type AskSearch, retrieverName, type SearchPermit } from "../client/retriever-client.ts";

export interface SearchArgs extends AskSearch {
  readonly client: string;
  readonly query: string;
  readonly k: number;
  /** What it takes is written there. Its starter settles it where it ends without passages. */
  readonly entry: LedgerEntry;
  /** For whoever started it: its client's end takes the search along, and looks like the search's own. */
  readonly asked: AskedRetriever;
}

interface State extends SearchArgs {
  /** It has its permit. */
  granted?: boolean;
}

export interface AskedRetriever {
  /** The incarnation of the client that was asked for a permit, once one was. */
  client: ActorRef | undefined;
}

export interface SearchProtocol extends Protocol {
  readonly call: CallOf<{ readonly type: "perform" }, Found>;
  readonly cast: never;
  readonly info: never;
}

/** What a search came to. */
export interface Found {
  readonly passages: readonly Passage[];
  readonly usage: LmUsage;
  /** US dollars. Undefined: not known. */
  readonly usd: number | undefined;
}

type SearchSelf = Self<SearchProtocol>;

/**
 * One search, as a process of its own, as a request to a model is one: it asks the client for a permit, searches, replies
 * and ends. Its failures are its exit reason.
 */
export const searchBehaviour = behaviour<SearchArgs, State, SearchProtocol>({
  name: "search",
  endsAsOrphan: CANCELLED,

  init: (args) => ({ state: args }),

  async handleCall(state, _call, _from, self) {
    const { client, query, k, terms, about, entry, asked } = state;
    const permit = await acquire(self, client, { terms, about }, asked);
    state.granted = true;
    entry.sent();
    let usage = NO_USAGE;
    let usd: number | undefined = 0;
    const onUsage = (used: LmUsage, cost?: number): void => {
      usage = addUsage(usage, used);
      usd = usd === undefined || cost === undefined ? undefined : usd + cost;
    };
    const tellUsed = (): void => {
      if (requestEnded.active && self.isAlive(permit.client))
        self.cast(permit.client, { type: "found", holder: self.ref, usage });
    };
    try {
      const passages = await permit.retriever.search(query, k, { signal: self.signal, onUsage });
      tellUsed();
      entry.settle({ usage, usd });
      return { reply: { passages, usage, usd }, stop: "normal" };
    } catch (failure) {
      // What it had told until then was paid for.
      entry.fail(failure, { usage, ...(usd !== undefined && { usd }) });
      if (usage.totalTokens > 0) tellUsed();
      // That the retriever was closed may be heard of before the end of the client that closed it.
      throw self.isAlive(permit.client) ? failure : clientDown(client, "noproc");
    }
  },

  inspect: ({ client, terms, about, granted = false }) => ({
    kind: "search",
    client,
    run: terms.run,
    ...about,
    state: granted ? "in flight" : "waiting",
  }),
});

async function acquire(self: SearchSelf, client: string, ask: AskSearch, asked: AskedRetriever): Promise<SearchPermit> {
  const target = retrieverName(client);
  asked.client = self.whereis(target.name);
  try {
    // The run's own deadline ends the wait.
    return await self.call(target, { type: "acquire", ...ask }, { timeoutMs: Infinity });
  } catch (thrown) {
    throw thrown instanceof ExitError ? clientDown(client, thrown.reason) : thrown;
  }
}
