import { asError } from "../../foundation/errors.ts";
import { LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCompletion, LmRequest, LmResponse } from "../../lm/language-model.ts";
import type { AskedRequest, FailedTry, TryCost } from "../../lm/retry/retry.ts";
import type { Exchange } from "../prediction.ts";

/** What came of the requests of one conversation, those included that brought nothing to read; its ledger has the sums. */
export interface Bookkeeping {
  /** Requests that brought nothing, in order. */
  readonly tries: FailedTry[];
  /** Of the last answer, and how long it took. */
  readonly last: TryCost & { readonly ms: number };
  /** Of an answer that had to be taken for a failed request. */
  costOf(failure: LmError): TryCost | undefined;
  /** The last answer could not be read, and why; undefined: nobody tried. */
  unreadable(problem: string | undefined): void;
  /**
   * Writes an answer down. One without a word in it, where there was something to read, is a request that failed: there is
   * nothing to show the model, so the same is asked again.
   *
   * @throws LmError `malformed_response` for such a one
   */
  answered(response: LmResponse, by: AskedClient, asked: AskedRequest): void;
  /** Writes down what a request failed with. */
  failed(thrown: unknown, by: AskedClient, asked: AskedRequest): void;
}

/** Who was asked first, and whether its answer says what was asked for. */
export interface AskedClient {
  readonly name: string;
  /** The model of a fallback; undefined: its own. */
  modelOf(fallback: string | undefined): LanguageModel;
  isRead(completion: LmCompletion): boolean;
}

/** @param exchanges takes every request and what came of it; undefined: nobody wants to know */
export function bookkeeping(exchanges: Exchange[] | undefined): Bookkeeping {
  return new Books(exchanges);
}

// A class, since there is one for each call that waits: an object with getters of its own takes a kilobyte.
class Books implements Bookkeeping {
  readonly tries: FailedTry[] = [];
  last: TryCost & { readonly ms: number } = NO_ANSWER;
  readonly #exchanges: Exchange[] | undefined;
  /** Hardly any conversation has such answers. */
  #costs: Map<LmError, TryCost> | undefined;

  constructor(exchanges: Exchange[] | undefined) {
    this.#exchanges = exchanges;
  }

  costOf(failure: LmError): TryCost | undefined {
    return this.#costs?.get(failure);
  }

  unreadable(problem: string | undefined): void {
    const last = this.#exchanges?.pop();
    if (last !== undefined) this.#exchanges?.push(problem === undefined ? last : Object.freeze({ ...last, problem }));
  }

  answered(response: LmResponse, by: AskedClient, asked: AskedRequest): void {
    this.#exchanged(by, asked, { response });
    const cost = costIn(response);
    this.last = { ...cost, ms: asked.ms };
    const completion = response.completions[0];
    // Where it goes on with an opened turn, having nothing to add is the model's own word.
    const goesOn = asked.request.messages.at(-1)?.role === "assistant";
    if (goesOn || completion === undefined || !isBlank(completion) || by.isRead(completion)) return;
    const { model, provider } = by.modelOf(asked.client);
    const failure = new LmError(`${model}: the answer holds no text`, { code: "malformed_response", provider });
    (this.#costs ??= new Map<LmError, TryCost>()).set(failure, cost);
    throw failure;
  }

  failed(thrown: unknown, by: AskedClient, asked: AskedRequest): void {
    if (this.#exchanges !== undefined) this.#exchanged(by, asked, { error: asError(thrown) });
  }

  #exchanged(
    by: AskedClient,
    { client = by.name, request, ms }: AskedRequest,
    how: Pick<Exchange, "response" | "error">,
  ): void {
    this.#exchanges?.push(Object.freeze({ client, request: plain(request), ...how, ms }));
  }
}

const NO_ANSWER = Object.freeze({ ms: 0 });

function costIn({ usage, usd }: LmResponse): TryCost {
  return usd === undefined ? { usage } : { usage, usd };
}

/** Without what only its layout knows. */
function plain({ writeAnswer: _writeAnswer, ...request }: LmRequest): Exchange["request"] {
  return request;
}

function isBlank({ text, finishReason, toolCalls }: LmCompletion): boolean {
  const ended = finishReason === "stop" || finishReason === "other";
  return ended && toolCalls === undefined && text.trim() === "";
}
