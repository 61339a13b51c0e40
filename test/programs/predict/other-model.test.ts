import { expect, test } from "vitest";
import {
  chatAdapter,
  forward,
  openai,
  predict,
  type RunOptions,
  signature,
  twoStepAdapter,
} from "../../../src/index.ts";
import { askWithRetries } from "../../../src/lm/retry/retry.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { refuseOtherModel } from "../../../src/lm/sendable.ts";
import { systemRandom } from "../../../src/foundation/random.ts";
import { openaiServer, scripted, testClock } from "../../../src/testing.ts";

const qa = predict(signature("question -> answer"), { client: "own", config: { model: "tuned" } });

/** The models that each client was asked for. */
async function askedFor(options: RunOptions = {}, program = qa) {
  const asked: [string, string | undefined][] = [];
  const model = (name: string) =>
    scripted((request) => {
      asked.push([name, request.model]);
      return { answer: "yes" };
    });
  const clients = { own: model("own"), other: model("other") };
  await forward(program, { question: "?" }, { ...options, clients });
  return asked;
}

test("a predictor's model is asked for through its own client, and is not another client's", async () => {
  expect(await askedFor()).toEqual([["own", "tuned"]]);
  expect(await askedFor({ config: { model: "newer" } })).toEqual([["own", "newer"]]);
  expect(await askedFor({ client: "other" })).toEqual([["other", undefined]]);
  expect(await askedFor({ client: "other", config: { model: "newer" } })).toEqual([["other", "newer"]]);
  const adapter = twoStepAdapter({ client: "other", extract: chatAdapter() });
  expect(await askedFor({}, qa.with({ adapter }))).toEqual([
    ["own", "tuned"],
    ["other", undefined],
  ]);
});

test("a fallback is asked for its own model", async () => {
  const down = scripted(() => new LmError("no", { code: "auth" }));
  const asked: unknown[] = [];
  const spare = scripted((request) => {
    asked.push(request.model);
    return "yes";
  });
  const request = { messages: [{ role: "user" as const, content: "?" }], model: "tuned" };
  const answer = await askWithRetries(await down.open(), request, {
    policy: backoff({ baseMs: 0 }),
    attempts: { made: 0 },
    clock: testClock(),
    random: systemRandom,
    fallbacks: [{ name: "spare", lm: await spare.open() }],
  });
  expect(answer.client).toBe("spare");
  expect(asked).toEqual([undefined]);
});

test.each(["chat", "responses"] as const)("a server is told of it in its protocol: %s", async (api) => {
  const server = await openaiServer({ answer: ({ model }) => `[[ ## answer ## ]]\n${model}\n\n[[ ## completed ## ]]` });
  try {
    const clients = { own: openai("base", { baseURL: server.baseURL, api }) };
    expect(await forward(qa, { question: "?" }, { clients })).toEqual({ answer: "tuned" });
    expect(await forward(predict(qa.signature), { question: "?" }, { clients })).toEqual({ answer: "base" });
  } finally {
    await server.close();
  }
});

test("an engine with one model has no other", () => {
  expect(() => refuseOtherModel({ model: "tuned" }, "own")).toThrow('serves own alone, and not the model "tuned"');
  expect(() => refuseOtherModel({ model: "own" }, "own")).not.toThrow();
  expect(() => refuseOtherModel({}, "own")).not.toThrow();
});
