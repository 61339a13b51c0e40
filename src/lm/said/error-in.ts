import { isRecord, memberOf } from "../read-json.ts";

/**
 * The error that the body of an answer whose status is good tells of, or an event of a stream, as the provider wrote it;
 * undefined where it tells of none. Some servers begin every answer with a 200.
 */
export function errorIn(told: unknown): unknown {
  if (Array.isArray(told)) return errorIn(told[0]) === undefined ? undefined : told;
  if (!isRecord(told)) return undefined;
  const { error } = told;
  const says = typeof error === "string" ? error.trim() !== "" : isRecord(error) && Object.keys(error).length > 0;
  // With what stands beside it: some have their code there.
  if (says) return told;
  // OpenRouter tells in the choice what its upstream failed with, behind what had come of the answer.
  const { choices } = told;
  const inChoice = Array.isArray(choices) && choices.length === 1 ? memberOf(choices[0], "error") : undefined;
  if (isRecord(inChoice)) return inChoice;
  return isNothingElse(told) || isRefusedByMiniMax(told) ? told : undefined;
}

/** MiniMax answers everything with a 200, and tells beside the choices whether there are any. */
function isRefusedByMiniMax({ base_resp: outcome }: Readonly<Record<string, unknown>>): boolean {
  const status = memberOf(outcome, "status_code");
  return typeof status === "number" && status !== 0;
}

/** What answers and events are made of, in either protocol. */
const ANSWERS = ["choices", "output", "data", "embeddings", "response", "item", "part", "delta", "candidates", "usage"];
const WORDS = ["message", "msg", "detail", "errors", "error_msg", "error_message", "error_description"];

/** Words for people, and nothing that an answer has: FastAPI's `detail`, `{ "success": false, "errors": […] }`, `msg`. */
function isNothingElse(told: Readonly<Record<string, unknown>>): boolean {
  const { object, type } = told;
  if (typeof object === "string" && object !== "error") return false;
  if (typeof type === "string" && type.startsWith("response.")) return false;
  if (ANSWERS.some((name) => name in told)) return false;
  return WORDS.some((name) => {
    const said = told[name];
    return Array.isArray(said) || isRecord(said)
      ? Object.keys(said).length > 0
      : typeof said === "string" && said !== "";
  });
}

/** The same for the Responses API, whose answers and last events hold their error themselves. */
export function errorInResponse(told: unknown): unknown {
  if (memberOf(told, "type") === "error") return told;
  const inner = memberOf(memberOf(told, "response"), "error");
  return errorIn(told) ?? (isRecord(inner) || typeof inner === "string" ? { error: inner } : undefined);
}
