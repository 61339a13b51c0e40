import type { LmFinishReason, LmTokenLogprob } from "../language-model.ts";
import { readLogprobs } from "./logprobs.ts";
import type { EventReader, OpenAiAnswer } from "./protocol.ts";
import { readAbout, readEnd, readItem, responsesCompletion } from "./responses-response.ts";
import type { OutputItem } from "./responses-response.ts";
import { isRecord, malformed, memberOf, readString } from "../read-json.ts";

/** An item as far as it has come. */
interface ItemSoFar {
  text: string;
  refused: boolean;
  callId: string | undefined;
  name: string | undefined;
  arguments: string;
  readonly logprobs: LmTokenLogprob[];
  /** By the index of the part. */
  readonly reasoning: Map<unknown, string>;
  /** The item as it was told when it was done, which goes before its pieces. */
  whole: OutputItem | undefined;
}

/** Gathers the events of one streamed answer of the Responses API. */
export function responsesEvents(): EventReader {
  /** By their place in the output. */
  const items = new Map<number, ItemSoFar>();
  let about: Omit<OpenAiAnswer, "completions"> = readAbout({});
  let ended: LmFinishReason | undefined;

  const itemOf = (event: Readonly<Record<string, unknown>>): ItemSoFar => {
    const index = typeof event["output_index"] === "number" ? event["output_index"] : 0;
    const known = items.get(index);
    if (known !== undefined) return known;
    const item = newItem();
    items.set(index, item);
    return item;
  };

  const finish = (response: unknown): string => {
    if (!isRecord(response)) throw malformed("a response in the last event", response);
    about = readAbout(response);
    ended = readEnd(response);
    const { output } = response;
    if (!Array.isArray(output)) return "";
    // Whatever has not been told by now is new.
    return output
      .map((told: unknown, index) => {
        const item = itemOf({ output_index: index });
        return item.whole === undefined ? finishItem(item, told) : "";
      })
      .join("");
  };

  return {
    push(event): string {
      if (!isRecord(event)) throw malformed("a JSON object in each event", event);
      // A server that does not stream sends the whole response.
      if (event["object"] === "response") return finish(event);
      const { type } = event;
      const delta = readString(event["delta"]) ?? "";
      switch (type) {
        case "response.output_item.added":
          begin(itemOf(event), event["item"]);
          return "";
        case "response.output_item.done":
          return finishItem(itemOf(event), event["item"]);
        case "response.output_text.delta": {
          const item = itemOf(event);
          item.text += delta;
          item.logprobs.push(...(readLogprobs(event["logprobs"]) ?? []));
          return delta;
        }
        case "response.refusal.delta":
        case "response.refusal.done":
          itemOf(event).refused = true;
          return "";
        case "response.function_call_arguments.delta":
          itemOf(event).arguments += delta;
          return "";
        case "response.reasoning_summary_text.delta":
        case "response.reasoning_text.delta": {
          const part = `${type} ${String(event["summary_index"] ?? event["content_index"])}`;
          const { reasoning } = itemOf(event);
          reasoning.set(part, (reasoning.get(part) ?? "") + delta);
          return "";
        }
        case "response.created":
          about = isRecord(event["response"]) ? readAbout(event["response"]) : about;
          return "";
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
          return finish(event["response"]);
        default:
          // Whatever else is told on the way: parts that begin and end, annotations, and what is added one day.
          return "";
      }
    },
    end() {
      if (ended === undefined) return undefined;
      const inOrder = [...items].toSorted(([a], [b]) => a - b).map(([, item]) => itemNow(item));
      return { ...about, completions: [responsesCompletion(inOrder, ended)] };
    },
  };
}

function newItem(): ItemSoFar {
  return {
    text: "",
    refused: false,
    callId: undefined,
    name: undefined,
    arguments: "",
    logprobs: [],
    reasoning: new Map(),
    whole: undefined,
  };
}

function begin(item: ItemSoFar, told: unknown): void {
  if (memberOf(told, "type") !== "function_call") return;
  item.name = readString(memberOf(told, "name"));
  item.callId = readString(memberOf(told, "call_id"));
}

/** The text that is new in it: all of it, where none has come in pieces. */
function finishItem(item: ItemSoFar, told: unknown): string {
  item.whole = readItem(told);
  if (item.text !== "") return "";
  item.text = item.whole.text;
  return item.text;
}

function itemNow({ text, refused, callId, name, arguments: given, logprobs, reasoning, whole }: ItemSoFar): OutputItem {
  const toolCall = whole?.toolCall ?? (name === undefined ? undefined : { id: callId, name, arguments: given });
  return {
    // What has been passed on as the answer's text is its text.
    text,
    refused: refused || whole?.refused === true,
    ...(toolCall !== undefined && { toolCall }),
    logprobs: whole?.logprobs !== undefined && whole.logprobs.length > 0 ? whole.logprobs : logprobs,
    reasoning: whole !== undefined && whole.reasoning.length > 0 ? whole.reasoning : [...reasoning.values()],
  };
}
