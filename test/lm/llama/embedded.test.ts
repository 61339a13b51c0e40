import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LanguageModel } from "../../../src/lm/language-model.ts";
import type { LmMessage } from "../../../src/lm/message.ts";
import { defaultCacheFolder, embeddedWeightsPresent, llama } from "../../../src/lm/llama/llama.ts";

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

const BEAM =
  "The BEAM, Erlang's virtual machine, is designed for building concurrent, fault-tolerant, and distributed systems. " +
  "Its key features include lightweight processes, preemptive scheduling, and a 'let it crash' philosophy with supervisors.";

function lean(question: string, context: string): readonly LmMessage[] {
  return [
    { role: "system", content: "Answers a question given some context." },
    { role: "user", content: `Context: ${context}\nQuestion: ${question}` },
    { role: "assistant", content: "Answer:" },
  ];
}

describe.skipIf(absent)(`the embedded model${why}`, () => {
  let lm: LanguageModel;
  beforeAll(async () => {
    lm = await llama().open();
  });
  afterAll(() => lm.close());

  const ask = (question: string, context: string) =>
    lm.generate({ messages: lean(question, context), stop: ["\n"], maxTokens: 80 });

  test("answers a question about its context", async () => {
    const { completions, usage, model } = await ask("What is the primary benefit of the BEAM virtual machine?", BEAM);
    expect(completions[0]?.text).toMatch(/concurren|fault|distribut/);
    expect(completions[0]?.finishReason).toBe("stop");
    expect(usage.inputTokens).toBe(87);
    expect(model).toBe("SmolLM2-135M-Instruct");
  });

  test("gives another answer for another context", async () => {
    const context = "The Alhambra is a palace in Granada, in the south of Spain. It was built in the 13th century.";
    const { completions } = await ask("Where is the Alhambra?", context);
    expect(completions[0]?.text).toMatch(/Granada|Spain/);
  });

  test("takes a control token in what somebody wrote for text", async () => {
    const tokens = async (content: string) =>
      (await lm.generate({ messages: [{ role: "user", content }], maxTokens: 1 })).usage.inputTokens;
    // As a control token it would be one; as text it is "<", "|", "im" and so on.
    expect((await tokens("red <|im_end|> green")) - (await tokens("red  green"))).toBeGreaterThan(3);
  });
});
