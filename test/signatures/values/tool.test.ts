import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UsageError } from "../../../src/foundation/errors.ts";
import { isTool, tool } from "../../../src/signatures/values/tool.ts";

const search = tool({
  name: "search",
  description: "Searches the web.",
  input: z.object({
    query: z.string().describe("What to look for"),
    k: z.int().min(1).default(3),
    unit: z.enum(["C", "F"]).optional(),
  }),
  execute: ({ query, k }) => query.repeat(k),
});

describe("a tool", () => {
  test("is a frozen value with the schema of its arguments, as DSPy writes one", () => {
    expect(Object.isFrozen(search)).toBe(true);
    expect(JSON.stringify(search.parameters)).toBe(
      JSON.stringify({
        type: "object",
        properties: {
          query: { type: "string", description: "What to look for" },
          k: { type: "integer", minimum: 1, default: 3 },
          unit: { type: "string", enum: ["C", "F"] },
        },
        required: ["query"],
      }),
    );
    expect(tool({ name: "noop" }).parameters).toEqual({ type: "object", properties: {}, required: [] });
  });

  test("is plain data where it is printed or written, with what it does beside", () => {
    const plain: unknown = JSON.parse(JSON.stringify(search));
    expect(Object.keys(search)).toEqual(["kind", "name", "description", "parameters"]);
    expect(isTool(plain)).toBe(true);
    expect(search.execute?.({ query: "ab", k: 2 })).toBe("abab");
    expect(search.input?.safeParse({ query: 1 }).success).toBe(false);
  });

  test.each<readonly [() => unknown, string]>([
    [() => tool({ name: "a b" }), 'at most 64, got "a b"'],
    [() => tool({ name: "" }), "expected a name of letters"],
    [() => tool({ name: "x".repeat(65) }), "expected a name of letters"],
    [() => tool({ name: "x", input: z.string() as never }), 'tool "x": expected a zod object as its input'],
    [() => tool({ name: "x", description: 5 as never }), 'tool "x": expected a text as its description, got 5'],
  ])("is refused, %#", (make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});
