import type { FieldValues } from "../../adapters/adapter.ts";
import { formatAnswer } from "../../adapters/values/format-value.ts";
import { type FieldPart, isStreamedText, type PartialReader } from "../../adapters/answer/partial-reader.ts";
import { LmError } from "../../lm/failure.ts";
import type { LanguageModel, LmCallOptions, LmRequest, LmResponse } from "../../lm/language-model.ts";
import { wrapModel } from "../../lm/wrap-model.ts";
import type { Field } from "../../signatures/field/field.ts";
import type { PartListener } from "../answer-part.ts";

/** Tells a listener what one conversation brings, each output once. */
export interface StreamedAnswers {
  /** Whether anything has been told. */
  readonly began: boolean;
  /** For one of the conversation's questions. */
  ask(partial: () => PartialReader): StreamedAnswer;
  /** Tells what the partial readers could not see of these outputs; then all of them are done. */
  rest(fields: FieldValues): Promise<void>;
}

/** The answer to one question, told while it comes. */
export interface StreamedAnswer {
  /** Whether anything of it has been told: then neither the request is made again nor the question asked again. */
  readonly began: boolean;
  /** The model, whose `generate` streams. */
  through(lm: LanguageModel): LanguageModel;
  /** It could be read: tells what was held back to its end. */
  end(): Promise<void>;
}

export function streamedAnswers(listener: PartListener, predictor: string, outputs: readonly Field[]): StreamedAnswers {
  const told = new Map<string, { text: string; done: boolean }>();

  const tell = async (parts: readonly FieldPart[]): Promise<boolean> => {
    const news = parts.filter(({ field }) => told.get(field)?.done !== true);
    for (const { field, delta, done } of news) told.set(field, { text: (told.get(field)?.text ?? "") + delta, done });
    if (news.length === 0) return false;
    await listener(news.map(({ field, delta, done }) => Object.freeze({ predictor, field, delta, done })));
    return true;
  };

  return {
    get began() {
      return told.size > 0;
    },
    ask(partial) {
      let reader: PartialReader | undefined;
      let began = false;
      const hand = (parts: readonly FieldPart[]): Promise<boolean> => {
        began ||= parts.length > 0;
        return tell(parts);
      };
      const read = async (lm: LanguageModel, request: LmRequest, options?: LmCallOptions): Promise<LmResponse> => {
        let response: LmResponse | undefined;
        reader = partial();
        for await (const chunk of lm.stream(request, options)) {
          // The stream is read to its end, which is where its request ends well.
          if (chunk.type === "done") ({ response } = chunk);
          else await hand(reader.push(chunk.text));
        }
        if (response !== undefined) return response;
        throw new LmError(`${lm.model}: the stream ended without its response`, {
          code: "malformed_response",
          provider: lm.provider,
        });
      };
      return {
        get began() {
          return began;
        },
        through: (lm) =>
          wrapModel(lm, {
            generate: (request: LmRequest, options?: LmCallOptions) => read(lm, request, options),
          }),
        async end() {
          await hand(reader?.end() ?? []);
        },
      };
    },
    async rest(fields) {
      const parts = outputs
        .filter(({ name }) => told.get(name)?.done !== true)
        .map(({ name, type }): FieldPart => {
          const value = fields[name];
          const before = told.get(name)?.text ?? "";
          if (!isStreamedText(type)) return { field: name, delta: formatAnswer(type, value), done: true };
          const text = typeof value === "string" && value.startsWith(before) ? value.slice(before.length) : "";
          return { field: name, delta: text, done: true };
        });
      await tell(parts);
    },
  };
}
