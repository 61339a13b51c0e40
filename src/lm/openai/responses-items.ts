import type { LmTokenLogprob } from "../language-model.ts";
import { isRecord, memberOf, missingIn, readString } from "../read-json.ts";
import { readItem } from "./responses-response.ts";
import type { OutputItem } from "./responses-response.ts";

/** What an event is about; undefined: it does not say. */
export type ItemKind = "message" | "function_call" | "reasoning" | "other" | undefined;

/** An item as far as it has come. */
export interface ItemSoFar {
  kind: ItemKind;
  id: string | undefined;
  /** Where events said that it stands. */
  readonly places: number[];
  /** Its beginning was told. */
  begun: boolean;
  text: string;
  /** Of the text, what has come of each of its parts, by the part's index. */
  readonly parts: Map<unknown, string>;
  refused: boolean;
  callId: string | undefined;
  name: string | undefined;
  arguments: string;
  readonly logprobs: LmTokenLogprob[];
  /** By the index of the part. */
  readonly reasoning: Map<unknown, string>;
  /** The item as it was told when it was done. */
  whole: OutputItem | undefined;
}

/** Where an event says that it belongs. */
export interface ItemMarks {
  readonly kind: ItemKind;
  readonly id: string | undefined;
  readonly index: number | undefined;
  readonly callId?: string | undefined;
}

/** The items of one streamed answer, in the order in which they began. */
export interface ItemsSoFar {
  readonly all: readonly ItemSoFar[];
  /** For what an item begins with: that item, or a new one. */
  begun(marks: ItemMarks): ItemSoFar;
  /** For a piece of an item. */
  of(marks: ItemMarks): ItemSoFar;
  /** For an item as it is at its end: the text that is new in it. */
  done(marks: ItemMarks, told: unknown): string;
}

/**
 * Which item an event belongs to: by its id, and only then by its place, which some servers leave out, give to several items,
 * or count in another way; where neither helps, by its kind. An id may change from event to event where places hold.
 */
export function itemsSoFar(): ItemsSoFar {
  const all: ItemSoFar[] = [];
  const add = ({ kind, id }: ItemMarks): ItemSoFar => {
    const item = newItem(kind, id);
    all.push(item);
    return item;
  };
  const byId = ({ id, kind, callId }: ItemMarks): ItemSoFar | undefined =>
    id === undefined ? undefined : all.findLast((item) => item.id === id && fits(item, kind) && mayCall(item, callId));
  const known = (marks: ItemMarks): ItemSoFar | undefined => {
    const ofId = byId(marks);
    if (ofId !== undefined) return ofId;
    const { kind, id, index, callId } = marks;
    const ofCall = callId === undefined ? undefined : all.findLast((item) => item.callId === callId);
    if (ofCall !== undefined) return ofCall;
    const open = (item: ItemSoFar): boolean =>
      fits(item, kind) && (item.whole === undefined || id === undefined) && mayCall(item, callId);
    const ofPlace = index === undefined ? undefined : all.findLast((item) => item.places.includes(index) && open(item));
    if (ofPlace !== undefined) return ofPlace;
    // No place is told, here or at all, or a wrong one: the one that is being told.
    const last = all.findLast((item) => fits(item, kind) && item.whole === undefined && mayCall(item, callId));
    if (last === undefined || (id !== undefined && last.id !== undefined)) return undefined;
    return index === undefined || last.places.length === 0 || isEmpty(last) ? last : undefined;
  };
  return {
    all,
    begun(marks) {
      const same = byId(marks);
      const open = same?.whole === undefined ? same : undefined;
      const item = open ?? all.findLast((one) => isImplied(one, marks)) ?? add(marks);
      item.begun = true;
      return mark(item, marks);
    },
    of: (marks) => mark(known(marks) ?? add(marks), marks),
    done(marks, told) {
      const item = mark(known(marks) ?? add(marks), marks);
      // A call's name may stand at its beginning alone.
      const named = item.name !== undefined && isRecord(told) && readString(told["name"]) === undefined;
      const whole = readItem(named ? { ...told, name: item.name } : told);
      const orphan = item.text === "" && whole.text !== "" ? all.find((one) => isOrphan(one, whole.text)) : undefined;
      if (orphan === undefined || orphan === item) return finishItem(item, whole);
      all.splice(all.indexOf(item), 1);
      return finishItem(orphan, whole);
    },
  };
}

/** What came of it had marks that are no other event's. */
function isOrphan(item: ItemSoFar, text: string): boolean {
  return !item.begun && item.whole === undefined && item.text !== "" && text.startsWith(item.text);
}

function isEmpty({ text, arguments: given, reasoning }: ItemSoFar): boolean {
  return text === "" && given === "" && reasoning.size === 0;
}

/** Two calls with ids of their own are two calls. */
function mayCall(item: ItemSoFar, callId: string | undefined): boolean {
  return callId === undefined || item.callId === undefined || item.callId === callId;
}

/** Whether what has come of an item came without its beginning, which this may be. */
function isImplied(item: ItemSoFar, { id, index, kind }: ItemMarks): boolean {
  return item.id === undefined && id !== undefined && isAt(item, index) && fits(item, kind) && item.whole === undefined;
}

function fits(item: ItemSoFar, kind: ItemKind): boolean {
  return kind === undefined || item.kind === undefined || item.kind === kind;
}

function mark(item: ItemSoFar, { id, kind, index }: ItemMarks): ItemSoFar {
  item.kind ??= kind;
  item.id ??= id;
  if (index !== undefined && !item.places.includes(index)) item.places.push(index);
  return item;
}

function isAt({ places }: ItemSoFar, index: number | undefined): boolean {
  return index === undefined ? places.length === 0 : places.includes(index);
}

function newItem(kind: ItemKind, id: string | undefined): ItemSoFar {
  return {
    kind,
    id,
    places: [],
    begun: false,
    text: "",
    parts: new Map(),
    refused: false,
    callId: undefined,
    name: undefined,
    arguments: "",
    logprobs: [],
    reasoning: new Map(),
    whole: undefined,
  };
}

function kindOfItem(told: unknown): ItemKind {
  const type = memberOf(told, "type");
  if (type === "message" || type === "function_call" || type === "reasoning") return type;
  return type === undefined ? undefined : "other";
}

/** What a call says of itself, as it begins. */
export function nameCall(item: ItemSoFar, told: unknown): void {
  item.name ??= readString(memberOf(told, "name"));
  item.callId ??= readString(memberOf(told, "call_id"));
}

/** The text that is new in the item as it is at its end: what has not come in pieces. */
function finishItem(item: ItemSoFar, whole: OutputItem): string {
  item.whole = whole;
  item.callId ??= whole.toolCall?.id;
  const more = missingIn(item.text, whole.text);
  item.text += more;
  return more;
}

/**
 * The text that the last event adds, which tells all items once more. Places, ids and even which items there are may differ
 * there from what was told on the way, so each is matched by its id, by the id of its call, by what it says, and at last by
 * its turn among those of its kind.
 */
export function finishAll(items: ItemsSoFar, output: readonly unknown[]): string {
  const left = new Set(items.all);
  const rest = new Set(output.map((told, index): Told => ({ marks: marksOf(told, index), whole: readItem(told) })));
  let more = "";
  for (const isSame of WAYS) {
    for (const one of rest) {
      for (const item of left) {
        if (!fits(item, one.marks.kind) || !isSame(item, one)) continue;
        left.delete(item);
        rest.delete(one);
        if (item.whole === undefined) more += finishItem(item, one.whole);
        break;
      }
    }
  }
  for (const { marks, whole } of rest) more += finishItem(items.begun(marks), whole);
  return more;
}

interface Told {
  readonly marks: ItemMarks;
  readonly whole: OutputItem;
}

const WAYS: readonly ((item: ItemSoFar, told: Told) => boolean)[] = [
  (item, { marks }) => item.id !== undefined && item.id === marks.id && mayCall(item, marks.callId),
  (item, { marks }) => item.callId !== undefined && item.callId === marks.callId,
  (item, { whole: { toolCall } }) =>
    toolCall !== undefined && toolCall.name === nameOf(item) && toolCall.arguments === argumentsOf(item),
  (item, { whole }) => item.text !== "" && whole.text.startsWith(item.text),
  (item, { marks }) => item.kind === marks.kind && isAt(item, marks.index) && mayCall(item, marks.callId),
  (item, { marks }) => item.kind === marks.kind && mayCall(item, marks.callId),
];

function nameOf({ whole, name }: ItemSoFar): string | undefined {
  return whole?.toolCall?.name ?? name;
}

function argumentsOf(item: ItemSoFar): string {
  return item.whole?.toolCall?.arguments || item.arguments;
}

/** Where an item says itself that it belongs. */
export function marksOf(told: unknown, index: number | undefined): ItemMarks {
  const kind = kindOfItem(told);
  const callId = kind === "function_call" ? readString(memberOf(told, "call_id")) : undefined;
  return { kind, id: readString(memberOf(told, "id")), index, callId };
}

/** The item as far as it is known now. */
export function itemNow(item: ItemSoFar): OutputItem {
  const { text, refused, callId, name, arguments: given, logprobs, reasoning, whole } = item;
  const own = whole?.toolCall;
  const toolCall =
    own !== undefined
      ? // An end that leaves them out takes nothing away.
        { ...own, arguments: own.arguments === "" ? given : own.arguments }
      : name === undefined
        ? undefined
        : { id: callId, name, arguments: given };
  return {
    // What has been passed on as the answer's text is its text.
    text,
    refused: refused || whole?.refused === true,
    ...(toolCall !== undefined && { toolCall: { ...toolCall, id: toolCall.id ?? callId } }),
    logprobs: whole?.logprobs !== undefined && whole.logprobs.length > 0 ? whole.logprobs : logprobs,
    reasoning: whole !== undefined && whole.reasoning.length > 0 ? whole.reasoning : [...reasoning.values()],
  };
}
