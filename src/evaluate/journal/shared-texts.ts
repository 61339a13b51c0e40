import type { FileHandle } from "node:fs/promises";
import { digest } from "../../foundation/digest.ts";
import { recordAt } from "../../foundation/journal.ts";
import type { LmMessage } from "../../lm/message.ts";

/**
 * What nearly all conversations of an evaluation begin with (instructions, demos) stands in the file once: a record of it
 * would cost more than the rest of the prediction.
 */
export interface TextValue {
  readonly text: string;
  readonly is: string;
}

/** Stands for a text in a message. */
interface TextPlace {
  readonly $text: string;
}

/** Shorter ones are not worth a place. */
const SHORTEST = 100;
/** Texts that are held to be known again; further ones stand where they are. */
const MOST = 1_000;

export interface SharedTexts {
  /** The messages as they are written. @param write takes what has to stand in the file before them */
  out(messages: readonly LmMessage[], write: (value: TextValue) => void): readonly unknown[];
  /** What was written as messages, whole again. */
  in(messages: readonly unknown[], file: FileHandle): Promise<readonly unknown[]>;
}

/** @param places of those that are in the file, by name */
export function sharedTexts(places: ReadonlyMap<string, number>): SharedTexts {
  const names = new Map<string, string>();
  const read = new Map<string, string>();

  const nameOf = (text: string, write: (value: TextValue) => void): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MOST) return known;
    const name = digest(text).slice(0, 22);
    names.set(text, name);
    if (!places.has(name)) write({ text: name, is: text });
    return name;
  };

  const textOf = async (name: string, file: FileHandle): Promise<string | undefined> => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const { is } = ((await recordAt(file, places.get(name) ?? 0)) ?? {}) as Partial<TextValue>;
    if (read.size >= MOST) read.clear();
    if (is !== undefined) read.set(name, is);
    return is;
  };

  return Object.freeze({
    out(messages: readonly LmMessage[], write: (value: TextValue) => void): readonly unknown[] {
      // The question and its answer are each conversation's own.
      const own = messages.length - 2;
      return messages.map((message, index) => {
        const { content } = message;
        if (index >= own || typeof content !== "string" || content.length < SHORTEST) return message;
        const $text = nameOf(content, write);
        return $text === undefined ? message : { ...message, content: { $text } satisfies TextPlace };
      });
    },
    in: (messages: readonly unknown[], file: FileHandle) =>
      Promise.all(
        messages.map(async (message) => {
          const { content } = message as { readonly content?: unknown };
          if (typeof content !== "object" || content === null || !("$text" in content)) return message;
          return { ...(message as object), content: await textOf(String(content.$text), file) };
        }),
      ),
  });
}
