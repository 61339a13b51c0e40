import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Adapter, AskStep } from "../../src/adapters/adapter.ts";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { leanAdapter } from "../../src/adapters/lean-adapter.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { AnySignature } from "../../src/signatures/signature-value.ts";

const CAPABILITIES = { schema: true, tools: false, prefill: false, grammar: false };

function ask(adapter: Adapter, type: z.ZodType): AskStep {
  const asked: AnySignature = signature("q -> out", { fields: { out: type } });
  return adapter.prepare(asked, []).begin({ q: "x" }, CAPABILITIES);
}

function read(adapter: Adapter, type: z.ZodType, text: string): unknown {
  const step = ask(adapter, type).read({ text, finishReason: "stop" });
  return step.kind === "done" ? step.fields["out"] : step.kind === "unreadable" ? step.problem : step;
}

/** The same value in each layout's words. */
function inEach(json: string): readonly (readonly [string, Adapter, string])[] {
  return [
    ["chat", chatAdapter(), `[[ ## out ## ]]\n${json}\n\n[[ ## completed ## ]]`],
    ["json", jsonAdapter(), `{"out": ${json}}`],
    ["lean", leanAdapter(), json],
    ["xml", xmlAdapter(), `<out>${json}</out>`],
  ];
}

describe("null for what may be left out", () => {
  const Person = z.object({
    name: z.string(),
    phone: z.string().optional(),
    fax: z.string().exactOptional(),
    visits: z.number().default(0),
    both: z.string().nullable().default("x"),
    kind: z.preprocess((value) => value, z.string()).optional(),
    tags: z.array(z.string()).prefault(["new"]),
  });
  const json = '{"name": "Ada", "phone": null, "fax": null, "visits": null, "both": null, "kind": null, "tags": null}';
  const right = { name: "Ada", visits: 0, both: null, tags: ["new"] };

  test.each(inEach(json))("is read as left out: %s", (_, adapter, text) => {
    expect(read(adapter, Person, text)).toEqual(right);
    expect(Object.keys(read(adapter, Person, text) as object)).toEqual(["name", "visits", "both", "tags"]);
  });

  test.each(inEach(`[${json}]`))("in a list too: %s", (_, adapter, text) => {
    expect(read(adapter, z.array(Person), text)).toEqual([right]);
  });

  test("on both sides of an intersection", () => {
    const Both = z.intersection(z.object({ a: z.int().optional() }), z.object({ b: z.int().default(7) }));
    expect(read(jsonAdapter(), Both, '{"out": {"a": null, "b": null}}')).toEqual({ b: 7 });
  });

  test("is the default of an output", () => {
    expect(read(jsonAdapter(), z.int().default(3), '{"out": null}')).toBe(3);
    expect(read(jsonAdapter(), z.int().nullable().default(3), '{"out": null}')).toBeNull();
  });

  test("is an empty element in XML", () => {
    const Seen = z.object({ n: z.int().optional(), f: z.number().default(2), s: z.string().default("none") });
    expect(read(xmlAdapter(), Seen, "<out><n /><f></f><s></s></out>")).toEqual({ f: 2, s: "" });
  });
});

describe("types that hold themselves, in XML", () => {
  const Reply = z.object({
    text: z.string(),
    get replies() {
      return z.array(Reply);
    },
  });
  const lazy: z.ZodType = z.lazy(() => z.object({ text: z.string(), replies: z.array(lazy) }));
  const XML = "<text>hi</text><replies><item><text>ho</text><replies /></item></replies>";
  const value = { text: "hi", replies: [{ text: "ho", replies: [] }] };

  test.each([
    ["an object", Reply],
    ["a lazy one", lazy],
    ["a nullable one", Reply.nullable()],
  ])("%s is asked for and read", (_, type) => {
    const closing = ask(xmlAdapter(), type).request.messages.at(-1)?.content;
    expect(closing).toContain("<out><text>...</text><replies><item>...</item></replies></out>");
    expect(read(xmlAdapter(), type, `<out>${XML}</out>`)).toEqual(value);
  });

  test("a list of them, and two that hold each other", () => {
    expect(read(xmlAdapter(), z.array(Reply), `<out><item>${XML}</item></out>`)).toEqual([value]);
    const A: z.ZodType = z.object({
      n: z.int(),
      get b() {
        return B.nullable();
      },
    });
    const B = z.object({
      get a() {
        return A.nullable();
      },
    });
    expect(ask(xmlAdapter(), A).request.messages.at(-1)?.content).toContain("<out><n>...</n><b><a>...</a></b></out>");
    expect(read(xmlAdapter(), A, "<out><n>1</n><b><a><n>2</n><b></b></a></b></out>")).toMatchObject({
      n: 1,
      b: { a: { n: 2 } },
    });
  });

  test("many that hold each other are shown once each", () => {
    const types: z.ZodType[] = [];
    for (let index = 0; index < 12; index += 1) {
      const all = Array.from({ length: 12 }, (_, other) => [
        `f${other}`,
        { enumerable: true, get: () => types[other]?.nullable() },
      ]);
      types.push(z.object(Object.defineProperties({}, Object.fromEntries(all) as PropertyDescriptorMap)));
    }
    const shown = String(ask(xmlAdapter(), types[0] ?? z.any()).request.messages.at(-1)?.content);
    expect(shown.length).toBeLessThan(5_000);
  });

  test("a list of objects that fill in defaults is nested like any other", () => {
    const Items = z.array(z.object({ a: z.string(), n: z.int().default(1) }));
    expect(read(xmlAdapter(), Items, "<out><item><a>x</a></item><item><a>y</a><n>2</n></item></out>")).toEqual([
      { a: "x", n: 1 },
      { a: "y", n: 2 },
    ]);
  });
});

test("a value nested beyond all use is misuse, as an input and as a demo, in every layout", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20_000; level += 1) deep = { a: deep };
  const taking: AnySignature = signature("q: Any -> out: Any");
  for (const [, adapter] of inEach("1")) {
    expect(() => adapter.prepare(taking, []).begin({ q: deep }, CAPABILITIES)).toThrow(UsageError);
    const demo = { q: 1, out: deep };
    expect(() => adapter.prepare(taking, [demo]).begin({ q: 1 }, CAPABILITIES)).toThrow(
      "nested more than 500 levels deep",
    );
  }
});

test("a hole in a list is null in a prompt", () => {
  const holes: unknown[] = [1];
  holes[2] = 3;
  const asked: AnySignature = signature("q: Any -> out");
  const { messages } = chatAdapter().prepare(asked, []).begin({ q: holes }, CAPABILITIES).request;
  expect(JSON.stringify(messages)).toContain("[1, null, 3]");
});
