import type { LmFinishReason } from "../language-model.ts";
import type { FailedFinish } from "../read-finish.ts";
import { isRecord, malformed, memberOf, missingIn, readString } from "../read-json.ts";
import { readArguments } from "./chat-response.ts";
import { readLogprobs } from "./logprobs.ts";
import type { EventReader } from "./protocol.ts";
import { finishAll, itemNow, itemsSoFar, marksOf, nameCall } from "./responses-items.ts";
import type { ItemKind, ItemSoFar } from "./responses-items.ts";
import { readEnd, readOutputText, responsesCompletion } from "./responses-response.ts";
import { usageReader } from "./usage.ts";

type Event = Readonly<Record<string, unknown>>;

/** Gathers the events of one streamed answer of the Responses API. */
export function responsesEvents(): EventReader {
  const items = itemsSoFar();
  const used = usageReader();
  let model: string | undefined;
  let id: string | undefined;
  let ended: LmFinishReason | FailedFinish | undefined;
  let endWord = "";

  const itemOf = (event: Event, kind: ItemKind): ItemSoFar =>
    items.of({ kind, id: readString(event["item_id"]), index: placeOf(event) });

  const about = (response: unknown): void => {
    if (!isRecord(response)) return;
    model = readString(response["model"]) ?? model;
    id = readString(response["id"]) ?? id;
    used.push(response);
  };

  const finish = (response: unknown, status?: string): string => {
    if (!isRecord(response)) throw malformed("a response in the last event", response);
    about(response);
    const end = readEnd(response, status);
    ended = end.finish;
    endWord = end.word;
    const output: readonly unknown[] = Array.isArray(response["output"]) ? response["output"] : [];
    const more = finishAll(items, output);
    if (more !== "" || items.all.some(({ text }) => text !== "")) return more;
    return addText(items.of({ kind: "message", id: undefined, index: undefined }), 0, readOutputText(response));
  };

  /** What has come of a text, once more and whole. */
  const tellText = (event: Event, whole: unknown): string => {
    const item = itemOf(event, "message");
    const place = event["content_index"] ?? 0;
    return addText(item, place, missingIn(item.parts.get(place) ?? "", readString(whole) ?? ""));
  };

  return {
    push(event): string {
      if (!isRecord(event)) throw malformed("a JSON object in each event", event);
      // A server that does not stream sends the whole response.
      if (event["object"] === "response") return finish(event);
      const { type } = event;
      switch (type) {
        case "response.output_text.delta": {
          const item = itemOf(event, "message");
          item.logprobs.push(...(readLogprobs(event["logprobs"]) ?? []));
          return addText(item, event["content_index"] ?? 0, readString(event["delta"]) ?? "");
        }
        case "response.output_item.added": {
          const item = items.begun(marksOf(event["item"], placeOf(event)));
          if (item.kind === "function_call") nameCall(item, event["item"]);
          return "";
        }
        case "response.output_item.done":
          return items.done(marksOf(event["item"], placeOf(event)), event["item"]);
        case "response.output_text.done":
          return tellText(event, event["text"]);
        case "response.content_part.done": {
          const part = event["part"];
          return memberOf(part, "type") === "output_text" ? tellText(event, memberOf(part, "text")) : "";
        }
        case "response.refusal.delta":
        case "response.refusal.done":
          itemOf(event, "message").refused = true;
          return "";
        case "response.function_call_arguments.delta":
          itemOf(event, "function_call").arguments += readArguments(event["delta"]);
          return "";
        case "response.function_call_arguments.done": {
          const item = itemOf(event, "function_call");
          item.arguments = readArguments(event["arguments"]) || item.arguments;
          nameCall(item, event);
          return "";
        }
        case "response.reasoning_summary_text.delta":
        case "response.reasoning_text.delta":
        case "response.reasoning_summary_text.done":
        case "response.reasoning_text.done":
          tellReasoning(itemOf(event, "reasoning"), event);
          return "";
        case "response.created":
        case "response.in_progress":
          about(event["response"]);
          return "";
        case "response.completed":
        case "response.done":
          return finish(event["response"]);
        case "response.incomplete":
        case "response.failed":
        case "response.cancelled":
          // What the event is goes before what its response says, or leaves out.
          return finish(event["response"], type.slice("response.".length));
        default:
          // Whatever else is told on the way: parts that begin, annotations, and what is added one day.
          return "";
      }
    },
    get whole() {
      return ended === undefined ? "no" : "told";
    },
    get usage() {
      return used.usage();
    },
    end() {
      if (ended === undefined) return undefined;
      const completion = responsesCompletion(items.all.map(itemNow), { finish: ended, word: endWord });
      return { completions: [completion], usage: used.usage(), model, id };
    },
  };
}

function placeOf(event: Event): number | undefined {
  return typeof event["output_index"] === "number" ? event["output_index"] : undefined;
}

function addText(item: ItemSoFar, place: unknown, more: string): string {
  if (more === "") return "";
  item.text += more;
  item.parts.set(place, (item.parts.get(place) ?? "") + more);
  return more;
}

function tellReasoning({ reasoning }: ItemSoFar, event: Event): void {
  const [, kind = "", how] = /^response\.(.*)\.(delta|done)$/.exec(String(event["type"])) ?? [];
  const part = `${kind} ${String(event["summary_index"] ?? event["content_index"] ?? 0)}`;
  const came = reasoning.get(part) ?? "";
  const more = how === "delta" ? (readString(event["delta"]) ?? "") : missingIn(came, readString(event["text"]) ?? "");
  if (more !== "") reasoning.set(part, came + more);
}
