import { addUsage, type LmUsage, NO_USAGE } from "../../lm/language-model.ts";
import type { Passage } from "../../retrieval/retriever.ts";
import type { ActorRef, CallOf, Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";
import { ExitError } from "../../runtime/exit-reason.ts";
import type { Self } from "../../runtime/actor.ts";
import { clientDown } from "./request.ts";
import { requestEnded } from "../client/request-events.ts";
import { type AskSearch, retrieverName, type SearchPermit } from "../client/retriever-client.ts";

export interface SearchArgs extends AskSearch {
  readonly client: string;
  readonly query: string;
  readonly k: number;
  /** For whoever started it: its client's end takes the search along, and looks like the search's own. */
  readonly asked: AskedRetriever;
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
}

type SearchSelf = Self<SearchProtocol>;

/**
 * One search, as a process of its own, as a request to a model is one: it asks the client for a permit, searches, replies
 * and ends. Its failures are its exit reason.
 */
export const searchBehaviour = behaviour<SearchArgs, SearchArgs, SearchProtocol>({
  name: "search",

  init: (args) => ({ state: args }),

  async handleCall({ client, query, k, terms, about, asked }, _call, _from, self) {
    const permit = await acquire(self, client, { terms, about }, asked);
    try {
      let usage = NO_USAGE;
      const onUsage = (used: LmUsage): void => void (usage = addUsage(usage, used));
      const passages = await permit.retriever.search(query, k, { signal: self.signal, onUsage });
      if (requestEnded.active && self.isAlive(permit.client))
        self.cast(permit.client, { type: "found", holder: self.ref, usage });
      return { reply: { passages, usage }, stop: "normal" };
    } catch (failure) {
      // That the retriever was closed may be heard of before the end of the client that closed it.
      throw self.isAlive(permit.client) ? failure : clientDown(client, "noproc");
    }
  },
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
