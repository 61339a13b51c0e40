import { expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { scripted } from "../../src/testing/scripted.ts";

const Count = signature("question -> answer, n: int");

test("a free answer, then a second request that extracts the fields from it", async () => {
  const lm = scripted(["The answer is y, and n is three.", { answer: "y", n: 3 }]);
  const adapter = twoStepAdapter();
  const result = await forward(predict(Count), { question: "x" }, { clients: { lm }, adapter });
  expect(result).toEqual({ answer: "y", n: 3 });
  expect(result.$meta).toMatchObject({ attempts: 2, repairs: 0, adapter: "two_step" });
  // As recorded from DSPy 3.4.1.
  expect(lm.requests[1]?.messages).toEqual([
    {
      role: "system",
      content:
        "Your input fields are:\n1. `text` (str):\nYour output fields are:\n1. `answer` (str): \n2. `n` (int):\nAll interactions will be structured in the following way, with the appropriate values filled in.\n\n[[ ## text ## ]]\n{text}\n\n[[ ## answer ## ]]\n{answer}\n\n[[ ## n ## ]]\n{n}        # note: the value you produce must be a single int value\n\n[[ ## completed ## ]]\nIn adhering to this structure, your objective is: \n        The input is a text that should contain all the necessary information to produce the fields `answer`, `n`.             Your job is to extract the fields from the text verbatim. Extract precisely the appropriate value (content) for each field.",
    },
    {
      role: "user",
      content:
        "[[ ## text ## ]]\nThe answer is y, and n is three.\n\nRespond with the corresponding output fields, starting with the field `[[ ## answer ## ]]`, then `[[ ## n ## ]]` (must be formatted as a valid Python int), and then ending with the marker for `[[ ## completed ## ]]`.",
    },
  ]);
});

test("the second request may be in another layout, and is asked again as any other", async () => {
  const lm = scripted(["It is y, three.", "no JSON", '{"answer": "y", "n": 3}']);
  const adapter = twoStepAdapter({ extract: jsonAdapter() });
  const result = await forward(predict(Count), { question: "x" }, { clients: { lm }, adapter });
  expect(result).toEqual({ answer: "y", n: 3 });
  expect(result.$meta).toMatchObject({ attempts: 3, repairs: 1 });
});

test("the second request may go to a client of its own, and so does what is asked again", async () => {
  const lm = scripted(["It is y, three."]);
  const small = scripted(["[[ ## answer ## ]]", { answer: "y", n: 3 }], { model: "small" });
  const adapter = twoStepAdapter({ client: "small" });
  const program = predict(Count, { client: "lm" });
  const result = await forward(program, { question: "x" }, { clients: { lm, small }, adapter });
  expect(result).toEqual({ answer: "y", n: 3 });
  expect([lm.requests.length, small.requests.length]).toEqual([1, 2]);
  expect(result.$meta).toMatchObject({ attempts: 3, repairs: 1, client: "small", model: "small" });
});

test("a client that there is not is said", async () => {
  const lm = scripted(["It is y, three."]);
  const adapter = twoStepAdapter({ client: "smal" });
  await expect(forward(predict(Count), { question: "x" }, { clients: { lm }, adapter })).rejects.toMatchObject({
    code: "no_such_client",
  });
});

test("a layout that not every model takes goes with no client of its own", () => {
  expect(() => twoStepAdapter({ client: "small", extract: leanAdapter() })).toThrow(UsageError);
});
