import { describe, expect, test } from "vitest";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { chooseAdapter } from "../../src/adapters/choose-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";

const HOSTED = { schema: true, tools: true, prefill: false, grammar: false };
const LOCAL = { schema: true, tools: false, prefill: true, grammar: true };

describe("the adapter of a call", () => {
  test.each([
    ["call, program and client", { call: jsonAdapter(), program: leanAdapter(), client: chatAdapter() }, "json"],
    ["program and client", { program: leanAdapter(), client: chatAdapter() }, "lean"],
    ["client", { client: chatAdapter() }, "chat"],
  ])("is the first one set: for %s", (_where, wishes, name) => {
    expect(chooseAdapter(wishes, LOCAL).name).toBe(name);
  });

  test.each([
    ["goes on with an opened turn and takes grammars", LOCAL, "lean"],
    ["goes on with an opened turn but takes no grammar", { ...LOCAL, grammar: false }, "chat"],
    ["takes grammars but opens its own turn", { ...LOCAL, prefill: false }, "chat"],
    ["only chats", HOSTED, "chat"],
  ])("follows from the model where none is set: one that %s", (_what, capabilities, name) => {
    expect(chooseAdapter({}, capabilities).name).toBe(name);
  });

  test("must fit the model", () => {
    expect(() => chooseAdapter({ client: leanAdapter() }, HOSTED)).toThrow(
      "the lean adapter, set for the client, does not fit this model, which can do: schema, tools",
    );
    expect(() =>
      chooseAdapter({ call: jsonAdapter({ format: "schema" }) }, { ...HOSTED, schema: false, tools: false }),
    ).toThrow("can do: none of schema, tools, prefill, grammar");
  });
});
