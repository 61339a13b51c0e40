import { schemaText } from "../../src/adapters/prompt/prompt-text.ts";
import { type LmContent, type LmMessage, textOf } from "../../src/lm/message.ts";
import { NO_CAPABILITIES, vectorAdapter } from "./vector-adapters.ts";
import type { AdapterCase, Outcome } from "./vector-case.ts";
import { vectorSignature } from "./vector-signature.ts";

export interface FormatCase extends AdapterCase {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly demos?: readonly Readonly<Record<string, unknown>>[];
}

export function playFormat(played: FormatCase): Outcome {
  const signature = vectorSignature(played.signature);
  let inputs = played.inputs ?? {};
  if (played.signature.models !== undefined) {
    // Objects are filled in by their schemas, as a call does before it formats.
    const given = signature.inputFields.filter(({ name }) => inputs[name] !== undefined);
    const checked = given.map(({ name, schema }) => [name, schema.parse(inputs[name])]);
    inputs = { ...inputs, ...(Object.fromEntries(checked) as typeof inputs) };
  }
  const prepared = vectorAdapter(played.adapter).prepare(signature, played.demos ?? []);
  const { messages } = prepared.begin(inputs, NO_CAPABILITIES).request;
  const sent = messages.map(({ role, content }) => ({ role, content: inDspysWords(content) }));
  const texts = signature.outputFields.map(({ name, type }) => [name, schemaText(type)] as const);
  return masked({ messages: sent }, played, texts);
}

/** Parts of a message as DSPy hands them to its models, which is as OpenAI's API has them. */
export function inDspysWords(content: LmContent): unknown {
  if (typeof content === "string") return content;
  return content.map((part) => {
    switch (part.type) {
      case "text":
        return part;
      case "image":
        return { type: "image_url", image_url: { url: part.url } };
      case "audio":
        return { type: "input_audio", input_audio: { data: part.data, format: part.format } };
      case "file":
        return {
          type: "file",
          file: {
            ...(part.url !== undefined && { file_data: part.url }),
            ...(part.fileId !== undefined && { file_id: part.fileId }),
            ...(part.filename !== undefined && { filename: part.filename }),
          },
        };
      default:
        return part satisfies never;
    }
  });
}

export function expectedFormat(expected: object, played: FormatCase): Outcome {
  return masked(expected, played, Object.entries(played.signature.schema_texts ?? {}));
}

/** Schema texts of object types may be another generator's: each is replaced by a mark, on both sides. */
function masked(outcome: object, { signature }: FormatCase, texts: readonly (readonly [string, string])[]): Outcome {
  const names = Object.keys(signature.schema_texts ?? {});
  if (names.length === 0 || !("messages" in outcome)) return outcome;
  // The longest first: one may be a part of another.
  const known = texts.filter(([name]) => names.includes(name)).toSorted(([, a], [, b]) => b.length - a.length);
  const mask = (content: string): string =>
    known.reduce(
      (text, [name, schema]) =>
        text
          .replaceAll(schema, `<<SCHEMA ${name}>>`)
          .replaceAll(JSON.stringify(schema).slice(1, -1), `<<SCHEMA ${name}>>`),
      content,
    );
  // The files hold messages of this shape; a comparison shows where they do not.
  const messages = outcome.messages as readonly LmMessage[];
  return { ...outcome, messages: messages.map(({ role, content }) => ({ role, content: mask(textOf(content)) })) };
}
