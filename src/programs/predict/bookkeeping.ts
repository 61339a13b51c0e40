import type { Clock } from "../../foundation/clock.ts";
import { asError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { wrapModel } from "../../lm/wrap-model.ts";
import type { FailedTry, TryCost } from "../../lm/retry/retry.ts";
import type { Exchange } from "../prediction.ts";

/** What came of the requests of one conversation, those included that brought nothing to read; its ledger has the sums. */
export interface Bookkeeping {
  /** Requests that brought nothing, in order. */
  readonly tries: FailedTry[];
  /** Of an answer that had to be taken for a failed request. */
  costOf(failure: LmError): TryCost | undefined;
  /** The last answer could not be read, and why; undefined: nobody tried. */
  unreadable(problem: string | undefined): void;
  /** Of the last answer, and how long it took. */
  readonly last: TryCost & { readonly ms: number };
  /**
   * The model, each of whose answers is written down. One without a word in it, where there was something to read, is
   * a request that failed (`malformed_response`): there is nothing to show the model, so the same is asked again.
   */
  through(client: string, lm: LanguageModel, isRead: (completion: LmCompletion) => boolean): LanguageModel;
}

/** @param exchanges takes every request and what came of it; undefined: nobody wants to know */
export function bookkeeping(clock: Clock, exchanges: Exchange[] | undefined): Bookkeeping {
  let last: TryCost & { readonly ms: number } = { ms: 0 };
  const costs = new Map<LmError, TryCost>();

  const book = (response: LmResponse, ms: number): TryCost => {
    const cost = response.usd;
    const booked: TryCost = { usage: response.usage, ...(cost !== undefined && { usd: cost }) };
    last = { ...booked, ms };
    return booked;
  };

  return {
    get last() {
      return last;
    },
    tries: [],
    costOf: (failure) => costs.get(failure),
    unreadable(problem) {
      const last = exchanges?.pop();
      if (last !== undefined) exchanges?.push(problem === undefined ? last : Object.freeze({ ...last, problem }));
    },
    through: (client, lm, isRead) =>
      wrapModel(lm, {
        async generate(request, options) {
          const askedAt = clock.now();
          const exchanged = (how: Pick<Exchange, "response" | "error">): void => {
            exchanges?.push(Object.freeze({ client, request: plain(request), ...how, ms: clock.now() - askedAt }));
          };
          let response: LmResponse;
          try {
            response = await lm.generate(request, options);
          } catch (thrown) {
            exchanged({ error: asError(thrown) });
            throw thrown;
          }
          exchanged({ response });
          const cost = book(response, clock.now() - askedAt);
          const completion = response.completions[0];
          // Where it goes on with an opened turn, having nothing to add is the model's own word.
          const goesOn = request.messages.at(-1)?.role === "assistant";
          if (goesOn || completion === undefined || !isBlank(completion) || isRead(completion)) return response;
          const failure = new LmError(`${lm.model}: the answer holds no text`, {
            code: "malformed_response",
            provider: lm.provider,
          });
          costs.set(failure, cost);
          throw failure;
        },
      }),
  };
}

/** Without what only its layout knows. */
function plain({ writeAnswer: _writeAnswer, ...request }: LmRequest): Exchange["request"] {
  return request;
}

function isBlank({ text, finishReason, toolCalls }: LmCompletion): boolean {
  const ended = finishReason === "stop" || finishReason === "other";
  return ended && toolCalls === undefined && text.trim() === "";
}
