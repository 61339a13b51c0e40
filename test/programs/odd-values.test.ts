// What pretends to be a value of a type, and signatures that are put together in odd ways: through whole calls.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { twoStepAdapter } from "../../src/adapters/two-step-adapter.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { LmError } from "../../src/lm/failure.ts";
import { dumpProgram, loadProgramFrom } from "../../src/programs/saved/dump-program.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { image } from "../../src/media/media.ts";
import { loadProgram, saveProgram } from "../../src/programs/saved/program-file.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { tool } from "../../src/signatures/values/tool.ts";
import { scripted, type ScriptedModel } from "../../src/testing/scripted.ts";
import type { ScriptedReply } from "../../src/testing/scripted-reply.ts";
import { processorMs } from "../processor-time.ts";

const asking = (...replies: ScriptedReply[]): { readonly clients: { lm: ScriptedModel } } => ({
  clients: { lm: scripted(replies) },
});

const Ordered = signature({
  input: z.object({ lo: z.number(), hi: z.number() }).refine(({ lo, hi }) => lo < hi, "lo must be below hi"),
  output: z.object({ a: z.string() }),
});

test("inputs that are checked together go through two steps, and beside tools", async () => {
  const steps = predict(Ordered, { adapter: twoStepAdapter() });
  expect(await forward(steps, { lo: 1, hi: 2 }, asking("so be it", { a: "x" }))).toEqual({ a: "x" });
  await expect(forward(steps, { lo: 2, hi: 1 }, asking())).rejects.toThrow("lo must be below hi");
  const offering = Ordered.append("tools: list[Tool]", { side: "input" }).append("calls: ToolCalls", {
    side: "output",
  });
  const search = tool({ name: "search", input: z.object({ q: z.string() }) });
  const planned = predict(offering, { adapter: jsonAdapter() });
  const calls = [{ name: "search", args: { q: "beam" } }];
  expect(await forward(planned, { lo: 1, hi: 2, tools: [search] }, asking({ a: "x", calls }))).toEqual({
    a: "x",
    calls,
  });
});

test("a text full of marks costs no more than its length", async () => {
  let text = "";
  for (let number = 0; text.length < 400_000; number += 1) text += `\uE000${number}\uE001`;
  const { clients } = asking({ a: "x" });
  const inputs = { p: image("https://example.com/a.png"), q: text };
  const took = await processorMs(() => forward(predict(signature("p: Image, q -> a")), inputs, { clients }));
  expect(took).toBeLessThan(10_000);
  const parts = clients.lm.requests[0]?.messages.at(-1)?.content;
  expect(Array.isArray(parts) && parts.map((part: { readonly type: string }) => part.type)).toEqual([
    "text",
    "image",
    "text",
  ]);
});

test("a demo or a turn that holds what is no image is refused, naming the field", async () => {
  const Looks = signature("history: History, p: Image -> a");
  const p = image("https://example.com/a.png");
  for (const wrong of [{ type: "image", url: "/etc/passwd" }, { type: "image" }]) {
    const told = forward(predict(Looks), { p, history: [{ p: wrong, a: "y" }] }, asking({ a: "x" }));
    await expect(told).rejects.toThrow(/a turn of "history": "p": /);
    const shown = predict(signature("p: Image -> a"), { demos: [{ p: wrong, a: "y" }] });
    await expect(forward(shown, { p }, asking({ a: "x" }))).rejects.toThrow(/a demo: "p": /);
  }
});

test("calls are checked also where tools or calls may be left out, and whichever field offers the tool", async () => {
  const search = tool({ name: "search", input: z.object({ q: z.string() }) });
  const other = tool({ name: "other" });
  const foreign = { calls: [{ name: "rm_rf", args: { anything: 1 } }] };
  const right = [{ name: "search", args: { q: "x" } }];
  for (const text of [
    "q, tools?: list[Tool] -> calls: ToolCalls",
    "q, tools: list[Tool] -> calls?: ToolCalls",
  ] as const) {
    const plan = predict(signature(text));
    const inputs = { q: "1", tools: [search] };
    await expect(forward(plan, inputs, asking(foreign, foreign, foreign))).rejects.toThrow(/there is no tool "rm_rf"/);
    expect(await forward(plan, inputs, asking({ calls: right }))).toEqual({ calls: right });
  }
  expect(
    await forward(
      predict(signature("q, tools: list[Tool] -> calls?: ToolCalls")),
      { q: "1", tools: [] },
      asking({ calls: null }),
    ),
  ).toEqual({ calls: null });
  const both = predict(signature("main: Tool, more: list[Tool] -> calls: ToolCalls"));
  const calls = [{ name: "other", args: {} }];
  expect(await forward(both, { main: search, more: [other] }, asking({ calls }))).toEqual({ calls });
});

test.each([null, [], { properties: null }, { required: null }, { required: [1] }, { properties: [] }])(
  "a tool whose parameters are %j is none",
  async (parameters) => {
    const wrong = { kind: "tool", name: "x", description: "", parameters } as never;
    const call = forward(
      predict(signature("q, tools: list[Tool] -> calls: ToolCalls")),
      { q: "s", tools: [wrong] },
      asking(),
    );
    await expect(call).rejects.toThrow(UsageError);
  },
);

test("checks that take their time, and dates that are none, are misuse", async () => {
  const late = z.string().refine(async () => true);
  const text = z.object({ q: z.string() });
  const output = predict(signature({ input: text, output: z.object({ a: late }) }));
  await expect(forward(output, { q: "1" }, asking({ a: "x" }))).rejects.toThrow(UsageError);
  const input = predict(signature({ input: z.object({ q: late }), output: z.object({ a: z.string() }) }));
  await expect(forward(input, { q: "1" }, asking({ a: "x" }))).rejects.toThrow(
    'input "q": its checks must not be asynchronous',
  );
  const never = new Date(NaN);
  await expect(forward(predict(signature("q: Any -> a")), { q: never }, asking({ a: "x" }))).rejects.toThrow(
    "invalid Date",
  );
  const saved = predict(signature("q: date -> a"), { demos: [{ q: never, a: "x" }] });
  expect(() => dumpProgram(saved)).toThrow(UsageError);
});

test("a moment in zod's own precision is read as zod wants it", async () => {
  const When = signature({
    input: z.object({ q: z.string() }),
    output: z.object({ at: z.iso.datetime({ precision: 3 }) }),
  });
  const at = "2024-01-15T10:30:00.123Z";
  expect(await forward(predict(When), { q: "1" }, asking({ at }))).toEqual({ at });
  const then = { at: "then" };
  await expect(forward(predict(When), { q: "1" }, asking(then, then, then))).rejects.toThrow(LmError);
});

test("an output that a transform takes away is null, as one that is not there", async () => {
  const Named = signature({
    input: z.object({ q: z.string() }),
    output: z.object({ a: z.string().transform((text): string | undefined => (text === "none" ? undefined : text)) }),
  });
  expect(await forward(predict(Named), { q: "1" }, asking({ a: "none" }))).toEqual({ a: null });
});

test("demos of transformed optional fields, and of calls inside other types, are saved and read again", async () => {
  const Counted = signature({
    input: z.object({ q: z.string() }),
    output: z.object({
      n: z
        .string()
        .transform((text) => text.length)
        .optional(),
    }),
  });
  const counted = predict(Counted, { demos: [{ q: "x", n: 5 }] });
  expect(loadProgramFrom(JSON.parse(JSON.stringify(dumpProgram(counted))), counted).demos).toEqual([{ q: "x", n: 5 }]);
  const calls = [{ name: "x", args: { a: 1 } }];
  const plan = predict(signature("q -> maybe: ToolCalls | None, all: list[ToolCalls]"), {
    demos: [{ q: "x", maybe: calls, all: [calls] }],
  });
  const folder = await mkdtemp(join(tmpdir(), "dspex-odd-"));
  try {
    await saveProgram(plan, join(folder, "plan.json"), { format: "dspy" });
    expect((await loadProgram(join(folder, "plan.json"), plan)).demos).toEqual([
      { q: "x", maybe: calls, all: [calls] },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
