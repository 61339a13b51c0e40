import { leave } from "../../foundation/leaving.ts";
import { isRecord, memberOf, readString } from "../read-json.ts";
import type { Answer, TextLimits } from "../transport/answer.ts";
import { eventParser, isDone } from "../transport/event-stream.ts";
import type { ServerEvent } from "../transport/event-stream.ts";

/**
 * Bodies are read for what they are, whatever their type says and whatever was asked for: gateways send events as JSON, whole
 * answers as events, and one behind the other.
 */

/** A body that is there: one value, or the events of a stream. */
export type ToldBody = { readonly whole: unknown } | { readonly events: readonly ToldEvent[] };

/** What an event says, and whether its name is that of an error. */
export interface ToldEvent {
  readonly value: unknown;
  readonly isError: boolean;
}

/** How a whole answer is waited for: JSON may be over before its connection is. */
export const WHOLE_BODY: TextLimits = Object.freeze({
  isWhole: (text: string) => isJson(text) || hasEnd(text),
});

/** Events that tell the end of an answer, or JSON that is followed by their mark of it. */
function hasEnd(text: string): boolean {
  if (/\bdata: ?\[DONE\]\s*$/.test(text)) return true;
  if (!looksLikeEvents(text)) return false;
  try {
    return parsed(text).some(({ value }) => isEnd(value));
  } catch {
    return false;
  }
}

function isEnd(event: unknown): boolean {
  if (/^response\.(?:completed|incomplete|failed|done)$/.test(String(memberOf(event, "type")))) return true;
  const choices = memberOf(event, "choices");
  return Array.isArray(choices) && readString(memberOf(choices[0], "finish_reason")) !== undefined;
}

/** @throws SyntaxError for what is neither JSON nor events */
export function readBody(text: string): ToldBody {
  if (text.charCodeAt(0) !== BRACE && looksLikeEvents(text)) return { events: parsed(text) };
  try {
    return { whole: JSON.parse(text) as unknown };
  } catch (thrown) {
    // JSON by lines, or JSON with the end of a stream behind it.
    const events = /^\s*[{[]/.test(text) ? parsedLines(text) : [];
    if (events.length > 0) return { events };
    throw thrown;
  }
}

const BRACE = 123;

function parsed(text: string): readonly ToldEvent[] {
  const parser = eventParser();
  return readEvents([...parser.push(text), ...parser.end()]);
}

function parsedLines(text: string): readonly ToldEvent[] {
  try {
    return parsed(text);
  } catch {
    return [];
  }
}

function readEvents(events: readonly ServerEvent[]): readonly ToldEvent[] {
  const end = events.findIndex(({ data }) => isDone(data));
  return (end < 0 ? events : events.slice(0, end)).filter(isTold).map(readEvent);
}

/** A body as its events come; the body of one that is not streamed is its only event. */
export async function eventsOf(answer: Answer): Promise<AsyncIterator<ToldEvent, undefined>> {
  const first = await answer.peek();
  const type = answer.headers.get("content-type") ?? "";
  return isStream(first ?? new Uint8Array(), type) ? streamed(answer) : atOnce(answer);
}

async function* atOnce(answer: Answer): AsyncGenerator<ToldEvent, undefined> {
  const body = readBody(await answer.text(WHOLE_BODY));
  if ("events" in body) yield* body.events;
  else yield { value: body.whole, isError: false };
  return undefined;
}

/** By hand, and no generator: one that waits for its source hears of being left only when the source has answered. */
function streamed({ body }: Answer): AsyncIterator<ToldEvent, undefined> {
  const pieces = body[Symbol.asyncIterator]();
  const decoder = new TextDecoder();
  const parser = eventParser();
  let events: readonly ServerEvent[] = [];
  let at = 0;
  let over = false;
  return {
    async next() {
      for (;;) {
        for (let event = events[at]; event !== undefined; event = events[at]) {
          at += 1;
          if (isDone(event.data)) return END;
          if (isTold(event)) return { done: false, value: readEvent(event) };
        }
        if (over) return END;
        const piece = await pieces.next();
        at = 0;
        over = piece.done === true;
        events =
          piece.done === true
            ? [...parser.push(decoder.decode()), ...parser.end()]
            : parser.push(decoder.decode(piece.value, { stream: true }));
      }
    },
    async return() {
      over = true;
      leave(pieces);
      return END;
    },
  };
}

const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Signs of life, which some send with words that are no JSON, say nothing. */
function isTold({ name, data }: ServerEvent): boolean {
  return data.trim() !== "" && !/^(?:ping|heartbeat|keep-?alive)$/i.test(name);
}

function readEvent({ name, data }: ServerEvent): ToldEvent {
  if (name !== "error") return { value: JSON.parse(data) as unknown, isError: false };
  try {
    return { value: JSON.parse(data) as unknown, isError: true };
  } catch {
    return { value: data, isError: true };
  }
}

const FIELDS = ["data", "event", "id", "retry"] as const;

function isStream(first: Uint8Array, type: string): boolean {
  const head = Buffer.from(first.subarray(0, 64))
    .toString("latin1")
    .replace(/^\u00EF\u00BB\u00BF/, "")
    .trimStart();
  if (looksLikeEvents(head)) return true;
  const isJsonType = /json|html/i.test(type);
  // JSON by lines comes in pieces as well.
  if (/^\{(?!\s*\n)/.test(head) && /ndjson|jsonl|json-seq/i.test(type)) return true;
  return head === "" || !/^[{[<]/.test(head) ? !isJsonType : false;
}

/** The text, or no more than its beginning. */
function looksLikeEvents(text: string): boolean {
  const head = text
    .slice(0, 64)
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (head === "") return false;
  return head.startsWith(":") || FIELDS.some((field) => head.startsWith(`${field}:`) || `${field}:`.startsWith(head));
}

function isJson(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}
