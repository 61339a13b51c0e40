import { describe, expect, test } from "vitest";
import { writeCallOptions } from "../../../src/lm/ai-sdk/request.ts";
import { LmError } from "../../../src/lm/failure.ts";
import type { LmRequest } from "../../../src/lm/language-model.ts";
import type { LmContentPart, LmMessage } from "../../../src/lm/message.ts";

const messages = [{ role: "user", content: "hi" }] as const;
const VERSIONS = ["v2", "v3", "v4"] as const;

function options(request: Partial<LmRequest>, specificationVersion = "v4") {
  return writeCallOptions({ messages, ...request }, { specificationVersion, provider: "openai.chat", modelId: "own" });
}

describe("call options", () => {
  test("are the least that will do", () => {
    const least = { prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] };
    expect(options({})).toEqual(least);
    const unsaid = {
      n: 2,
      logprobs: true,
      topLogprobs: 2,
      parallelToolCalls: true,
      repeatPenalty: 1.1,
      grammar: "x",
      tools: [],
    };
    expect(options({ ...unsaid, toolChoice: "auto", stop: [] })).toEqual(least);
  });

  test("carry nucleus sampling, and effort in version 4 where the word is known", () => {
    expect(options({ topP: 0.9, reasoningEffort: "low" })).toMatchObject({ topP: 0.9, reasoning: "low" });
    expect(options({ reasoningEffort: "enormous" })).not.toHaveProperty("reasoning");
    for (const version of ["v2", "v3"])
      expect(options({ reasoningEffort: "low" }, version)).not.toHaveProperty("reasoning");
  });

  test("carry tools; strict since version 3", () => {
    const tools = [{ name: "look", description: "Looks.", parameters: { type: "object" }, strict: true }];
    const tool = { type: "function", name: "look", description: "Looks.", inputSchema: { type: "object" } };
    expect(options({ tools, toolChoice: { name: "look" } })).toMatchObject({
      tools: [{ ...tool, strict: true }],
      toolChoice: { type: "tool", toolName: "look" },
    });
    expect(options({ tools, toolChoice: "required" }, "v2")).toMatchObject({
      tools: [tool],
      toolChoice: { type: "required" },
    });
    expect(options({ tools }, "v2").tools?.[0]).not.toHaveProperty("strict");
  });
});

describe("messages", () => {
  const sent = (version: string, ...messages: readonly LmMessage[]) => options({ messages }, version).prompt;

  test.each(VERSIONS)("that ask for tools, and what the tools gave back (%s)", (version) => {
    const toolCalls = [
      { id: "a", name: "time", arguments: '{"at":1}' },
      { id: "b", name: "time", arguments: "" },
      { id: "c", name: "time", arguments: "{not JSON" },
    ];
    const call = (toolCallId: string, input: unknown) => ({ type: "tool-call", toolCallId, toolName: "time", input });
    const calls = [call("a", { at: 1 }), call("b", {}), call("c", "{not JSON")];
    const answered: LmMessage = { role: "tool", content: "noon", toolCallId: "a" };
    expect(
      sent(version, { role: "assistant", content: "", toolCalls }, answered, {
        role: "assistant",
        content: "So.",
        toolCalls,
      }),
    ).toEqual([
      { role: "assistant", content: calls },
      {
        role: "tool",
        content: [{ type: "tool-result", toolCallId: "a", toolName: "time", output: { type: "text", value: "noon" } }],
      },
      { role: "assistant", content: [{ type: "text", text: "So." }, ...calls] },
    ]);
  });

  const address = new URL("https://example.com/cat.png");
  const bytes = (data: string) => ({ v2: data, v3: data, v4: { type: "data", data } });
  const at = (url: URL) => ({ v2: url, v3: url, v4: { type: "url", url } });
  const pdf = "data:application/pdf;base64,JVBERi0=";
  test.each<[string, LmContentPart, object, Readonly<Record<(typeof VERSIONS)[number], unknown>>]>([
    ["an image", { type: "image", url: "data:image/png;base64,AAAA" }, { mediaType: "image/png" }, bytes("AAAA")],
    ["an image by its address", { type: "image", url: address.href }, { mediaType: "image/*" }, at(address)],
    ["sound", { type: "audio", data: "AAAA", format: "mp3" }, { mediaType: "audio/mpeg" }, bytes("AAAA")],
    [
      "a file",
      { type: "file", url: pdf, filename: "a.pdf" },
      { mediaType: "application/pdf", filename: "a.pdf" },
      bytes("JVBERi0="),
    ],
    [
      "a file by its address",
      { type: "file", url: "https://example.com/a.pdf" },
      { mediaType: "application/pdf" },
      at(new URL("https://example.com/a.pdf")),
    ],
    ["a file in plain text", { type: "file", url: "data:,a%20b" }, { mediaType: "text/plain" }, bytes("YSBi")],
  ])("with %s, in each version's form", (_what, part, more, data) => {
    for (const version of VERSIONS) {
      const [message] = sent(version, { role: "user", content: [part] });
      expect(message?.content).toEqual([{ type: "file", ...more, data: data[version] }]);
    }
  });

  test("with a file by its id, which only version 4 knows", () => {
    const part = { type: "file", fileId: "file-1" } as const;
    const [message] = sent("v4", { role: "user", content: [part] });
    expect(message?.content).toMatchObject([{ data: { type: "reference", reference: { openai: "file-1" } } }]);
    expect(() => sent("v3", { role: "user", content: [part] })).toThrow(
      new LmError(
        "a message holds what cannot be sent: a part of type file by its id, which specification v3 has no word for",
        {
          code: "bad_request",
        },
      ),
    );
  });

  test.each<[LmMessage, RegExp]>([
    [{ role: "user", content: [{ type: "file" }] }, /a part of type file with neither url nor fileId$/],
    [{ role: "user", content: [{ type: "image", url: "cat.png" }] }, /a part whose url is no URL$/],
    [
      { role: "user", content: [{ type: "image", url: "data:image/svg+xml,100%" }] },
      /a part whose data URL is not escaped as URLs are$/,
    ],
    [{ role: "tool", content: "x", toolCallId: "a" }, /a tool's answer to a call that no message before it makes$/],
    [{ role: "tool", content: "x" }, /a tool's answer without the id of its call/],
    [
      { role: "assistant", content: [{ type: "image", url: address.href }] },
      /a part of type image in an assistant's turn/,
    ],
  ])("%j are a bad request that names the part", (message, what) => {
    expect(() => sent("v4", message)).toThrow(what);
    expect(() => sent("v4", message)).toThrow(expect.objectContaining({ code: "bad_request" }));
  });
});
