import type { Clock } from "../../foundation/clock.ts";
import { leavable, leave, type Reading } from "../../foundation/leaving.ts";
import { tooLate } from "../limits/admission.ts";
import type { LanguageModel, LmCallOptions, LmChunk, LmRequest, LmResponse } from "../language-model.ts";
import type { CostOf } from "../prices.ts";
import { wrapModel } from "../wrap-model.ts";
import type { LedgerEntry } from "./entry.ts";
import { isWait, type Ledger, ledgerOf } from "./ledger.ts";
import { turnOf } from "./turn.ts";

export interface LedgeredOptions {
  /** What its client is called. */
  readonly name: string;
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Of its answers. Undefined: not known. */
  readonly price: CostOf | undefined;
}

/** A model whose requests are written into a ledger and keep within its budgets, where no process does so. */
export function ledgeredLm(lm: LanguageModel, { name, ledger, clock, price }: LedgeredOptions): LanguageModel {
  const { provider, model } = lm;
  const enter = async (
    request: LmRequest,
    { ledger: own, signal, startBy }: LmCallOptions,
    reading?: Reading,
  ): Promise<LedgerEntry> => {
    const reserved = (ledgerOf(own) ?? ledger).reserve({ request, model, price });
    if (!isWait(reserved)) return reserved;
    return turnOf(reserved, { clock, signal, startBy, provider, reading, late: () => tooLate(name) });
  };

  const generate = async (request: LmRequest, options: LmCallOptions): Promise<LmResponse> => {
    const entry = await enter(request, options);
    let answer: LmResponse | undefined;
    entry.sent();
    try {
      answer = await lm.generate(request, told(options));
      return answer;
    } catch (thrown) {
      entry.fail(thrown);
      throw thrown;
    } finally {
      entry.settle(answer);
    }
  };

  async function* read(request: LmRequest, options: LmCallOptions, reading: Reading): AsyncGenerator<LmChunk, void> {
    const entry = await enter(request, options, reading);
    let answer: LmResponse | undefined;
    try {
      if (reading.left) return;
      entry.sent();
      const chunks = lm.stream(request, told(options))[Symbol.asyncIterator]();
      reading.end = () => {
        leave(chunks);
        entry.settle(answer);
      };
      for (;;) {
        const { done, value: chunk } = await chunks.next();
        if (done === true) return;
        if (chunk.type === "done") answer = chunk.response;
        yield chunk;
      }
    } catch (thrown) {
      if (answer === undefined) entry.fail(thrown);
      throw thrown;
    } finally {
      entry.settle(answer);
    }
  }

  return wrapModel(lm, {
    generate: (request: LmRequest, options: LmCallOptions = {}) => generate(request, options),
    stream: (request: LmRequest, options: LmCallOptions = {}) => leavable((reading) => read(request, options, reading)),
  });
}

/** Without what no model is told. */
function told({ ledger: _ledger, ...options }: LmCallOptions): LmCallOptions {
  return options;
}
