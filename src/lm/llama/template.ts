import type { PlainTurn } from "../plain-turns.ts";

type TurnRole = PlainTurn["role"];

/** How a local model was taught to see a conversation: what stands before and after each turn. */
export interface LlamaTemplate {
  readonly name: string;
  /** Read as control tokens where the model has such. */
  readonly before: Readonly<Record<TurnRole, string>>;
  readonly after: Readonly<Record<TurnRole, string>>;
}

/** A stretch of the prompt: `control` text may hold the model's control tokens, what people wrote may not. */
export interface PromptPiece {
  readonly text: string;
  readonly control: boolean;
}

const ROLES: readonly TurnRole[] = ["system", "user", "assistant"];

function template(name: string, before: (role: TurnRole) => string, after: string): LlamaTemplate {
  const forEach = (text: (role: TurnRole) => string) =>
    Object.freeze({ system: text("system"), user: text("user"), assistant: text("assistant") });
  return Object.freeze({ name, before: forEach(before), after: forEach(() => after) });
}

/** The layouts that are known by name. `plain` is for models that were never taught one. */
export const LLAMA_TEMPLATES = Object.freeze({
  chatml: template("chatml", (role) => `<|im_start|>${role}\n`, "<|im_end|>\n"),
  llama3: template("llama3", (role) => `<|start_header_id|>${role}<|end_header_id|>\n\n`, "<|eot_id|>"),
  phi3: template("phi3", (role) => `<|${role}|>\n`, "<|end|>\n"),
  plain: template("plain", () => "", "\n"),
});

export type LlamaTemplateName = keyof typeof LLAMA_TEMPLATES;

/**
 * Which of the known layouts the model's own chat template (a Jinja text inside the GGUF file) writes: told by its
 * markers, since a Jinja text cannot say which parts are markers and which are what people wrote. `undefined` when it is
 * none of them; `plain` when the model has no template.
 */
export function recogniseTemplate(chatTemplate: string | undefined): LlamaTemplateName | undefined {
  if (!chatTemplate) return "plain";
  if (chatTemplate.includes("<|im_start|>")) return "chatml";
  if (chatTemplate.includes("<|start_header_id|>")) return "llama3";
  if (chatTemplate.includes("<|end|>") && chatTemplate.includes("<|assistant|>")) return "phi3";
  return undefined;
}

/**
 * The conversation as the model is to see it. A last message from the assistant stays open, so that the model goes on
 * with it; otherwise a turn of the assistant's is opened.
 */
export function layOut(template: LlamaTemplate, messages: readonly PlainTurn[]): readonly PromptPiece[] {
  const pieces: PromptPiece[] = [];
  const add = (text: string, control: boolean): void => {
    const last = pieces.at(-1);
    if (text === "") return;
    if (last?.control === control) pieces[pieces.length - 1] = { text: last.text + text, control };
    else pieces.push({ text, control });
  };
  // A layout without markers has no control text at all; then all is one stretch, and is cut into tokens as one.
  const marked = ROLES.some((role) => template.before[role] !== "");
  messages.forEach(({ role, content }, index) => {
    add(template.before[role], marked);
    add(content, false);
    const goesOn = role === "assistant" && index === messages.length - 1;
    if (!goesOn) add(template.after[role], marked);
  });
  if (messages.at(-1)?.role !== "assistant") add(template.before.assistant, marked);
  return pieces;
}
