import { describe, expect, test } from "vitest";
import { testClock } from "../../../src/testing/test-clock.ts";
import { systemClock, type Clock } from "../../../src/foundation/clock.ts";
import {
  bestSentence,
  EXTRACTIVE_READER,
  extractiveReader,
  readPrompt,
} from "../../../src/cli/answer/extractive-reader.ts";

const CONTEXT =
  "The Alhambra is a palace in Granada. It was built in the 13th century by Muhammad I. Millions visit its gardens every year.";

describe("bestSentence", () => {
  test.each([
    ["In which century was it built?", "It was built in the 13th century by Muhammad I."],
    ["Where is the Alhambra palace?", "The Alhambra is a palace in Granada."],
    ["Are the gardens visited?", "Millions visit its gardens every year."],
  ])("%s", async (question, sentence) => {
    expect(await bestSentence(question, CONTEXT)).toBe(sentence);
  });
  test("gives the first sentence when none fits", async () => {
    expect(await bestSentence("Quantum chromodynamics?", CONTEXT)).toBe("The Alhambra is a palace in Granada.");
  });
});

describe("readPrompt", () => {
  const asked = { question: "Where?", context: "A palace.\nQuestion: is it old?\nYes." };
  test("in the lean layout, whatever lines the context has", () => {
    expect(readPrompt(`Context: ${asked.context}\nQuestion: Where?`)).toEqual(asked);
  });
  test("in the chat layout", () => {
    const prompt =
      `[[ ## context ## ]]\n${asked.context}\n\n[[ ## question ## ]]\nWhere?\n\n` +
      "Respond with the corresponding output fields, starting with the field `[[ ## answer ## ]]`.";
    expect(readPrompt(prompt)).toEqual(asked);
  });
  test("without a context", () => {
    expect(readPrompt("Question: Where?")).toEqual({ question: "Where?", context: "" });
  });
});

/** Lets no time pass. */
const eager: Clock = {
  ...systemClock,
  setTimer: (_, fire) => {
    queueMicrotask(fire);
    return {};
  },
};

describe("extractiveReader", () => {
  const request = {
    messages: [{ role: "user", content: `Context: ${CONTEXT}\nQuestion: Where is the palace?` }],
  } as const;

  test("says in its answer that it is no language model", async () => {
    const lm = await extractiveReader(eager).open();
    const { model, completions } = await lm.generate(request);
    expect(model).toBe(EXTRACTIVE_READER);
    expect(model).toBe("extractive-reader (no language model!)");
    expect(completions).toEqual([{ text: "The Alhambra is a palace in Granada.", finishReason: "stop" }]);
  });
  test("writes the answer in the layout that was asked for", async () => {
    const lm = await extractiveReader(eager).open();
    const writeAnswer = (fields: Readonly<Record<string, unknown>>) => `<${String(fields["answer"])}>`;
    const { completions } = await lm.generate({ ...request, writeAnswer });
    expect(completions[0]?.text).toBe("<The Alhambra is a palace in Granada.>");
  });
  test("does not answer without a context", async () => {
    const lm = await extractiveReader(eager).open();
    await expect(lm.generate({ messages: [{ role: "user", content: "Question: Where?" }] })).rejects.toMatchObject({
      code: "bad_request",
    });
  });
  test("an abort and a close end a call that is being read", async () => {
    const lm = await extractiveReader(testClock()).open();
    const stop = new AbortController();
    const calls = [lm.generate(request, { signal: stop.signal }), lm.generate(request)].map((call) =>
      call.catch((thrown: unknown) => thrown),
    );
    stop.abort();
    await lm.close();
    for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ code: "cancelled" });
    await expect(lm.generate(request)).rejects.toMatchObject({ code: "client_down" });
  });
});
