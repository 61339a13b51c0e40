// The LM of a case: a table of rules, that counts what it was asked.
import { createHash } from "node:crypto";
import { LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import { scripted, type ScriptedModel } from "../../../src/testing/scripted.ts";
import type { Conditions, OneReply, Rule, RuleReply, RuleTable } from "./optimizer-case.ts";

interface Message {
  readonly role: string;
  readonly content: string;
}

export interface Asked {
  readonly messages: readonly Message[];
  readonly options: object;
  /** Whether it counts among the prompts: of a rule with `proposal`. */
  readonly isProposal: boolean;
}

export interface RuleModel {
  readonly model: ScriptedModel;
  readonly asked: readonly Asked[];
}

/** @param name its place: `task`, `teacher`, `prompt`, `own` */
export function ruleModel({ rules }: RuleTable, name: string): RuleModel {
  const asked: Asked[] = [];
  const turns = new Map<Rule, number>();
  /** What is left of lists that were begun, by messages. */
  const handedOut = new Map<Rule, Map<string, OneReply[]>>();
  const model = scripted(
    (request) => {
      const messages = request.messages.map(({ role, content }) => ({ role, content: String(content) }));
      const rule = rules.find((each) => holds(each, messages, request, name));
      asked.push({ messages, options: optionsOf(request), isProposal: rule?.proposal === true });
      if (rule === undefined) return failure("server", "no rule for this request");
      const given = handedOut.get(rule)?.get(hashOf(messages));
      if (given !== undefined && given.length > 0) return replyOf(given.shift()!);
      const turn = turns.get(rule) ?? 0;
      turns.set(rule, turn + 1);
      const reply = rule.replies?.[turn % rule.replies.length] ?? rule.reply ?? "";
      if (!isList(reply)) return replyOf(reply);
      // Completions of one request there, asked for one by one here.
      const [first = "", ...rest] = reply;
      handedOut.set(rule, new Map([...(handedOut.get(rule) ?? []), [hashOf(messages), rest]]));
      return replyOf(first);
    },
    { model: name, identity: name },
  );
  return { model, asked };
}

/** What is set at all, in DSPy's words. */
function optionsOf({ temperature, rolloutId, n, maxTokens }: LmRequest): object {
  const options = { temperature, rollout_id: rolloutId, n: n === 1 ? undefined : n, max_tokens: maxTokens };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function holds(rule: Rule, messages: readonly Message[], request: LmRequest, name: string): boolean {
  const { min_messages: least = 0, rollout, model, not } = rule;
  if (messages.length < least || (model !== undefined && model !== (request.model ?? name))) return false;
  if (rollout !== undefined && request.rolloutId !== rollout) return false;
  const places = textsOf(messages);
  const has = (conditions: Conditions, place: keyof Conditions): readonly boolean[] =>
    (conditions[place] ?? []).map((text) => places[place].includes(text));
  const all = (conditions: Conditions): readonly boolean[] => PLACES.flatMap((place) => has(conditions, place));
  return all(rule).every(Boolean) && !(not !== undefined && all(not).some(Boolean));
}

const PLACES: readonly (keyof Conditions)[] = ["system", "demos", "last", "any"];

function textsOf(messages: readonly Message[]): Readonly<Record<keyof Conditions, string>> {
  const joined = (some: readonly Message[]): string => some.map(({ content }) => content).join("\n");
  const rest = messages.filter(({ role }) => role !== "system");
  return {
    system: joined(messages.filter(({ role }) => role === "system")),
    demos: joined(rest.slice(0, -1)),
    last: joined(messages.slice(-1)),
    any: joined(messages),
  };
}

function isList(reply: RuleReply): reply is readonly OneReply[] {
  return Array.isArray(reply);
}

function replyOf(reply: OneReply): string | Error {
  if (typeof reply === "string") return reply;
  if ("error" in reply) return failure(reply.error, reply.message ?? reply.error);
  const { fields } = reply;
  const sections = Object.entries(fields).map(([field, value]) => `[[ ## ${field} ## ]]\n${String(value)}\n\n`);
  return `${sections.join("")}[[ ## completed ## ]]`;
}

const CODES: Readonly<Record<string, LmFailureCode>> = {
  rate_limit: "rate_limited",
  auth: "auth",
  context_window: "context_too_long",
};

/** No transport tries again there. */
function failure(kind: string, message: string): LmError {
  return new LmError(message, { code: CODES[kind] ?? "server", retryable: false });
}

/** Requests as the files count them: how many, with which options, and the messages by hash. */
export function requestsOf(models: Readonly<Record<string, RuleModel>>): object {
  const counted = Object.entries(models).flatMap(([name, { asked }]) => {
    const own = asked.filter(({ isProposal }) => name !== "prompt" && !isProposal);
    if (own.length === 0) return [];
    const options = tally(own.map((each) => inOrder(each.options)));
    return [
      [name, { count: own.length, options, hashes: tally(own.map(({ messages }) => hashOf(messages))) }] as const,
    ];
  });
  return Object.fromEntries(counted);
}

export function hashOf(messages: readonly Message[]): string {
  const text = JSON.stringify(messages.map(({ content, role }) => ({ content, role })));
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

export function tally(texts: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

export function inOrder(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
