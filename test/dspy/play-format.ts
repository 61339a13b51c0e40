import type { LmContent } from "../../src/lm/message.ts";
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
  return { messages: sent };
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
