// A simulation: whether an answer is right hangs on the whole prompt, and on nothing else, so that every optimizer that sends
// the same prompts sees the same scores, in whatever language it is written.
import { createHash } from "node:crypto";
import { rightAnswer } from "./question.ts";

interface Said {
  readonly role: string;
  readonly content: unknown;
}

/** Whether the model is asked what is to be changed: that takes it longer. */
export function isReflection(messages: readonly Said[]): boolean {
  return /`(?:new_instruction|operations)`/.test(String(messages[0]?.content));
}

const ENDING = "Respond with the corresponding output fields";
/** Percent of the prompts. */
const RIGHT = 60;

/**
 * What is asked for, in the chat layout: an answer is the code of the item that was asked for, or a wrong one.
 * @param salt what luck hangs on besides
 */
export function luckyAnswer(messages: readonly Said[], salt = ""): string {
  const said = messages.map(({ content, role }) => ({ content: String(content), role }));
  const request = said.at(-1)?.content ?? "";
  const luck =
    createHash("sha256")
      .update(JSON.stringify(said) + salt)
      .digest()
      .readUInt32BE(0) % 100;
  // In the JSON layout.
  if (said[0]?.content.includes("`new_instruction`")) return JSON.stringify({ new_instruction: `Way ${luck}.` });
  const item = Number([...request.matchAll(/item (\d+)\?/g)].at(-1)?.[1] ?? 0);
  const wanted = request.slice(request.lastIndexOf(ENDING)).matchAll(/`\[\[ ## (\w+) ## \]\]`/g);
  const fields = [...wanted].map(([, name]) => name).filter((name) => name !== "completed");
  const valueOf = (name: string | undefined): string => {
    if (name === "answer") return luck < RIGHT ? rightAnswer(item) : "who knows";
    if (name === "operations") return `[{"op": "add", "id": null, "lesson": "Way ${luck}."}]`;
    return `Way ${luck}.`;
  };
  return [...fields.map((name) => `[[ ## ${name} ## ]]\n${valueOf(name)}`), "[[ ## completed ## ]]"].join("\n\n");
}
