import { describe, expect, test } from "vitest";
import { chatAdapter } from "../../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../../src/adapters/json-adapter.ts";
import { readLooseJson } from "../../src/adapters/answer/loose-json.ts";
import { xmlAdapter } from "../../src/adapters/xml-adapter.ts";
import { vectorSignature } from "../dspy/vector-signature.ts";

const NO_CAPABILITIES = { schema: false, tools: false, prefill: false, grammar: false };

/** A text that counts how often its signs are asked for one by one; methods that scan ahead count all they pass. */
function counted(text: string): { readonly text: string; readonly reads: () => number } {
  let reads = 0;
  const proxy = new Proxy(Object(text) as object, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, args);
        if (key === "indexOf") reads += (result === -1 ? text.length : Number(result)) - Number(args[1] ?? 0);
        if (key === "slice") reads += String(result).length;
        return result;
      };
    },
  });
  // The reader only uses what strings have.
  return { text: proxy as unknown as string, reads: () => reads };
}

/** Of these most; of the others a quarter of that, which is enough to tell. */
const LARGEST: readonly string[] = ["[", "[[ ## ", "\\"];

const PIECES = [
  "[",
  "{",
  '{"a":',
  "[1,",
  '"',
  "\\",
  '"\\',
  "'",
  "/*",
  "//",
  "#",
  "# \n",
  ",",
  ":",
  "a ",
  "1 ",
  "1e",
  "-",
  "{a",
  '" ',
  "(",
  "]",
  "}",
  "[]",
  "{}",
  '"" ',
  "a\n",
  "[[ ## ",
  "[[ ## a ## ]]",
  "[[ ## a ## ]]\n",
  "```\n",
  " ",
  "\n",
  "- a\n",
  "1,",
  '{"a":1}',
  "[x] ",
  "{b} ",
  "<a ",
  "<a",
  "<a>",
  "</a>",
  "<![CDATA[",
  "<a x='",
  "&",
];

describe("hostile text is read in linear time", () => {
  test.each(PIECES)("loose JSON of %j over and over: each sign is looked at a fixed number of times", (piece) => {
    const size = 20_000;
    const text = piece.repeat(size / piece.length);
    const { text: watched, reads } = counted(`[${text}`);
    readLooseJson(watched, 0);
    expect(reads()).toBeLessThan(24 * size);
  });

  // With anything quadratic in it this would take minutes and end in the test's time limit.
  test.each(PIECES)("much of %j gives fields or a problem", (piece) => {
    const text = piece.repeat((LARGEST.includes(piece) ? 400_000 : 100_000) / piece.length);
    const signature = vectorSignature({
      fields: [
        { name: "q", role: "input", type: "str" },
        { name: "a", role: "output", type: "list[Any]" },
        { name: "b", role: "output", type: "Union[int, dict[str, Any], None]" },
        { name: "c", role: "output", type: "Literal['x', 'y']" },
      ],
    });
    for (const adapter of [chatAdapter(), jsonAdapter(), xmlAdapter()]) {
      const ask = adapter.prepare(signature, []).begin({ q: "x" }, NO_CAPABILITIES);
      for (const completion of [
        text,
        `[[ ## c ## ]]\nx\n[[ ## b ## ]]\n${text}\n[[ ## a ## ]]\n${text}`,
        `{"c": "x", "a": ${text}`,
        `<c>x</c><b>${text}</b><a>${text}</a>`,
        `<a ${text}`,
      ]) {
        const step = ask.read({ text: completion, finishReason: "stop" });
        expect(["done", "unreadable"]).toContain(step.kind);
        expect(step.kind === "unreadable" ? step.problem.length : 0).toBeLessThan(500);
      }
    }
  });
});
