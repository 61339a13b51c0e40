import { UsageError } from "../../foundation/errors.ts";
import { heard } from "../../foundation/heard.ts";
import { LmError } from "../../lm/failure.ts";
import { isWait } from "../../lm/ledger/ledger.ts";
import { turnOf } from "../../lm/ledger/turn.ts";
import { tooLate } from "../../lm/limits/admission.ts";
import type { Passage, Retriever, SearchOptions } from "../../retrieval/retriever.ts";
import { errorIn, ExitError, formatReason } from "../../runtime/exit-reason.ts";
import type { Self } from "../../runtime/actor.ts";
import { cancelGroups } from "./cancel-groups.ts";
import { clientDown } from "./request.ts";
import type { RunTerms } from "../../programs/run-terms.ts";
import { type AskedRetriever, searchBehaviour } from "./search.ts";
import { systemEnv } from "../system-env.ts";
import type { OpenRequests } from "./open-requests.ts";

/**
 * A client's retriever as a run sees it: the same port as the retriever itself, with a process behind each search. The
 * run must trap exits, as for `supervisedLm`.
 */
export function supervisedRetriever(self: Self, name: string, open: OpenRequests, terms: RunTerms): Retriever {
  const { runtime } = self;
  const cancels = cancelGroups(self);

  /** What bare code would have got from the retriever itself. Everything else is a crash. */
  const failureOf = (thrown: unknown, signal: AbortSignal | undefined, { client }: AskedRetriever): unknown => {
    if (!(thrown instanceof ExitError)) return thrown;
    if (signal?.aborted) return signal.reason;
    const { reason } = thrown;
    if (client !== undefined && !runtime.isAlive(client)) return clientDown(name, reason);
    const error = errorIn(reason);
    if (error instanceof LmError || error instanceof UsageError) return error;
    const message = `the search's process ended: ${formatReason(reason)}`;
    return new LmError(message, { code: "request_crashed", cause: error });
  };

  const search = async (
    query: string,
    k: number,
    { signal, onUsage, about, ledger = terms.ledger }: SearchOptions = {},
  ): Promise<readonly Passage[]> => {
    signal?.throwIfAborted();
    const reserved = ledger.search(systemEnv(runtime).retrievers.get(name)?.ledger);
    const late = () => tooLate(name);
    const entry = isWait(reserved) ? await turnOf(reserved, { clock: runtime.clock, signal, late }) : reserved;
    const asked: AskedRetriever = { client: undefined };
    const args = { client: name, query, k, terms, about, entry, asked };
    const started = await self.startLink(searchBehaviour, args);
    // Its init cannot fail: it only keeps what it is given.
    if (started.status !== "ok") throw new Error(`a search could not start: ${JSON.stringify(started)}`);
    const { ref } = started;
    open.add(ref);
    // The end of the run itself it hears of as its linked orphan.
    if (signal !== undefined && signal !== self.signal) cancels.join(ref, signal);
    try {
      const { passages, usage, usd } = await self.call(ref, { type: "perform" }, { timeoutMs: Infinity });
      onUsage?.(usage, usd);
      return passages;
    } catch (thrown) {
      throw failureOf(thrown, signal, asked);
    } finally {
      if (signal !== undefined) cancels.leave(ref, signal);
      open.delete(ref);
      entry.settle();
    }
  };

  return Object.freeze({
    search: (query: string, k: number, options?: SearchOptions) => heard(search(query, k, options)),
    // The retriever belongs to its client; whoever has this handle holds nothing.
    close: () => Promise.resolve(),
  });
}
