import type { LmToolCall } from "../message.ts";
import { malformed, memberOf, readString } from "../read-json.ts";
import { ownCallId, readArguments } from "./chat-response.ts";

/** The calls of tools in one streamed answer, of the pieces in which they come. */
export interface StreamedCalls {
  /** The pieces in one event. */
  push(pieces: readonly unknown[]): void;
  /** @throws LmError `malformed_response` for a call without a name */
  end(): readonly LmToolCall[];
}

interface CallSoFar {
  /** As the events have it; servers leave it out, or give it to several. */
  readonly index: number | undefined;
  id: string | undefined;
  name: string;
  arguments: string;
}

interface Piece {
  readonly index: number | undefined;
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: string;
}

export function streamedCalls(): StreamedCalls {
  /** In the order in which they began. */
  const calls: CallSoFar[] = [];
  return {
    push(pieces) {
      // Several that say nothing of whose they are go by their turn.
      const inTurn = pieces.length > 1 && pieces.length === calls.length;
      pieces.forEach((told, turn) => {
        const piece = readPiece(told);
        const bare = piece.index === undefined && piece.id === undefined && piece.name === "";
        const known = inTurn && bare ? calls[turn] : callOf(calls, piece);
        if (known === undefined) {
          const { index, id, name, arguments: text } = piece;
          calls.push({ index, id, name, arguments: text });
          return;
        }
        known.id ??= piece.id;
        // Some servers repeat it in each piece, and some say it in pieces.
        if (piece.name !== known.name) known.name += piece.name;
        if (!isRepeated(known, piece)) known.arguments += piece.arguments;
      });
    },
    end() {
      // Indexes that tell the calls apart are their order.
      const indexes = new Set(calls.map(({ index }) => index));
      const ordered = indexes.size === calls.length && !indexes.has(undefined);
      return (ordered ? calls.toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)) : calls).map(wholeCall);
    },
  };
}

function readPiece(told: unknown): Piece {
  const called = memberOf(told, "function");
  const index = memberOf(told, "index");
  return {
    index: typeof index === "number" ? index : undefined,
    id: readString(memberOf(told, "id")),
    name: readString(memberOf(called, "name")) ?? "",
    arguments: readArguments(memberOf(called, "arguments")),
  };
}

/**
 * The call that a piece goes on with; undefined: it begins one. A call is known by its id and by its index, and neither can
 * be trusted: servers give one of them to several calls, or another one to each piece. What tells calls apart then is that
 * only a first piece has a name, as a rule, and that what comes behind complete arguments is of another call.
 */
function callOf(calls: readonly CallSoFar[], piece: Piece): CallSoFar | undefined {
  const { index, id, name } = piece;
  const last = calls.at(-1);
  const ofId = id === undefined ? undefined : calls.findLast((call) => call.id === id);
  if (ofId !== undefined) return isAnother(ofId, piece) ? undefined : ofId;
  const ofIndex = index === undefined ? undefined : calls.findLast((call) => call.index === index);
  if (ofIndex !== undefined) {
    if (id === undefined || ofIndex.id === undefined) return isAnother(ofIndex, piece) ? undefined : ofIndex;
    // Another id: a call of its own, or the next piece of one whose ids change.
    return name === "" || (name === ofIndex.name && isGoingOn(ofIndex, piece)) ? ofIndex : undefined;
  }
  if (last === undefined) return undefined;
  // What has a name begins a call, but where each piece has it and nothing else.
  if (name !== "")
    return name === last.name &&
      last.arguments !== "" &&
      id === undefined &&
      index === undefined &&
      isGoingOn(last, piece)
      ? last
      : undefined;
  return id === undefined || last.id === undefined || isGoingOn(last, piece) ? last : undefined;
}

/** Whether a piece that seems to belong to a call by its marks begins another with the same marks. */
function isAnother(call: CallSoFar, piece: Piece): boolean {
  if (piece.name === "" || call.name === "" || isRepeated(call, piece)) return false;
  const differs = piece.index !== undefined && call.index !== undefined && piece.index !== call.index;
  // A name in pieces has the same marks in each of them.
  if (piece.name !== call.name) return differs || (call.arguments !== "" && isComplete(call.arguments));
  if (differs && piece.arguments === "") return true;
  return piece.arguments !== "" && isComplete(call.arguments);
}

function isGoingOn(call: CallSoFar, piece: Piece): boolean {
  return piece.arguments !== "" && !isComplete(call.arguments);
}

/** The whole call once more, as some end a stream with. */
function isRepeated(call: CallSoFar, piece: Piece): boolean {
  const sameIndex = piece.index === undefined || piece.index === call.index;
  const sameMarks = piece.id !== undefined && piece.id === call.id && sameIndex;
  return sameMarks && piece.name === call.name && piece.arguments === call.arguments && isComplete(call.arguments);
}

/** Arguments are an object. */
function isComplete(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

function wholeCall({ id, name, arguments: text }: CallSoFar, place: number): LmToolCall {
  if (name === "") throw malformed("the name of a function in each tool call", "");
  return { id: id ?? ownCallId(place), name, arguments: text };
}
