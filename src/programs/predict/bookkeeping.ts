import type { Clock } from "../../foundation/clock.ts";
import { asError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import type { AskedModel, FailedTry, TryCost } from "../../lm/retry/retry.ts";
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
  through(client: string, lm: LanguageModel, isRead: (completion: LmCompletion) => boolean): AskedModel;
}

/** @param exchanges takes every request and what came of it; undefined: nobody wants to know */
export function bookkeeping(clock: Clock, exchanges: Exchange[] | undefined): Bookkeeping {
  return new Books(clock, exchanges);
}

// A class, since there is one for each call that waits: an object with getters of its own takes a kilobyte.
class Books implements Bookkeeping {
  readonly tries: FailedTry[] = [];
  last: TryCost & { readonly ms: number } = NO_ANSWER;
  readonly #clock: Clock;
  readonly #exchanges: Exchange[] | undefined;
  /** Hardly any conversation has such answers. */
  #costs: Map<LmError, TryCost> | undefined;

  constructor(clock: Clock, exchanges: Exchange[] | undefined) {
    this.#clock = clock;
    this.#exchanges = exchanges;
  }

  costOf(failure: LmError): TryCost | undefined {
    return this.#costs?.get(failure);
  }

  unreadable(problem: string | undefined): void {
    const last = this.#exchanges?.pop();
    if (last !== undefined) this.#exchanges?.push(problem === undefined ? last : Object.freeze({ ...last, problem }));
  }

  through(client: string, lm: LanguageModel, isRead: (completion: LmCompletion) => boolean): AskedModel {
    return {
      capabilities: lm.capabilities,
      // Not async, as this is a class.
      generate: (request, options) => {
        const askedAt = this.#clock.now();
        const asked = lm.generate(request, options);
        const answered = (response: LmResponse): LmResponse => {
          this.#exchanged(client, request, askedAt, { response });
          const cost = this.#book(response, this.#clock.now() - askedAt);
          const completion = response.completions[0];
          // Where it goes on with an opened turn, having nothing to add is the model's own word.
          const goesOn = request.messages.at(-1)?.role === "assistant";
          if (goesOn || completion === undefined || !isBlank(completion) || isRead(completion)) return response;
          const failure = new LmError(`${lm.model}: the answer holds no text`, {
            code: "malformed_response",
            provider: lm.provider,
          });
          (this.#costs ??= new Map<LmError, TryCost>()).set(failure, cost);
          throw failure;
        };
        if (this.#exchanges === undefined) return asked.then(answered);
        return asked
          .catch((thrown: unknown) => {
            this.#exchanged(client, request, askedAt, { error: asError(thrown) });
            throw thrown;
          })
          .then(answered);
      },
    };
  }

  #exchanged(client: string, request: LmRequest, askedAt: number, how: Pick<Exchange, "response" | "error">): void {
    if (this.#exchanges === undefined) return;
    const ms = this.#clock.now() - askedAt;
    this.#exchanges.push(Object.freeze({ client, request: plain(request), ...how, ms }));
  }

  #book(response: LmResponse, ms: number): TryCost {
    const cost = response.usd;
    const booked: TryCost = { usage: response.usage, ...(cost !== undefined && { usd: cost }) };
    this.last = { ...booked, ms };
    return booked;
  }
}

const NO_ANSWER = Object.freeze({ ms: 0 });

/** Without what only its layout knows. */
function plain({ writeAnswer: _writeAnswer, ...request }: LmRequest): Exchange["request"] {
  return request;
}

function isBlank({ text, finishReason, toolCalls }: LmCompletion): boolean {
  const ended = finishReason === "stop" || finishReason === "other";
  return ended && toolCalls === undefined && text.trim() === "";
}
