// A stand-in for a language model, so that the example runs without one: it does what its texts say, and no more.
import { scripted, type ScriptedModel } from "dspex/testing";

export function simulatedDesk(): ScriptedModel {
  return scripted(({ messages }) => {
    const system = String(messages[0]?.content);
    const question = String(messages.at(-1)?.content);
    if (system.includes("`new_instruction`")) return { new_instruction: rewritten(question) };
    return system.includes("`reply` (str)")
      ? { reply: reply(system, question) }
      : { department: department(system, question) };
  });
}

/** It takes for technical what nobody has told it better. */
function department(instructions: string, ticket: string): string {
  const told = [...instructions.matchAll(/"(\w+)" belongs to (\w+)/g)];
  return told.find(([, word = ""]) => ticket.includes(word))?.[2] ?? "technical";
}

function reply(instructions: string, question: string): string {
  const name = /, (\w+): /.exec(question)?.[1] ?? "";
  const greeting = instructions.includes("begin with the customer's name") ? `Dear ${name},` : "Hello,";
  const promise = question.includes("promise no date") ? "as soon as we can" : "by Friday";
  return `${greeting} we mend this ${promise}.`;
}

/** What was found wrong goes into the text, each once. */
function rewritten(question: string): string {
  const current = /\[\[ ## current_instruction ## \]\]\n([\s\S]*?)\n\n\[\[ ##/.exec(question)?.[1] ?? "";
  const found = [...question.matchAll(/"Feedback": "Wrong: (.*?)"\}/g)].map(([, text = ""]) =>
    text.replaceAll('\\"', '"'),
  );
  return [current, ...new Set(found.filter((text) => !current.includes(text)))].join(" ");
}
