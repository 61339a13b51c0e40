import { describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../../src/foundation/digest.ts";
import { digestOf } from "../../../src/programs/identity/digest-of.ts";
import { zodFacts } from "../../../src/programs/identity/zod-facts.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { signature } from "../../../src/signatures/signature.ts";

function textOf(schema: unknown): string {
  return canonicalJson(zodFacts(schema, "here", () => {}));
}

/** So many types, each of which holds all of them. */
function allHoldAll(count: number, last: z.ZodType = z.string()): z.ZodType {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const all: z.ZodType[] = numbers.map((at) =>
    z.object({
      ...Object.fromEntries(numbers.map((other) => [`to${other}`, z.lazy(() => all[other]!).optional()])),
      [`own${at}`]: at === count - 1 ? last : z.string(),
    }),
  );
  return all[0]!;
}

describe("types that hold each other", () => {
  test("are told in so much text as they have references", () => {
    const [few, many] = [textOf(allHoldAll(4)).length, textOf(allHoldAll(8)).length];
    expect(many).toBeLessThan(6 * few);
    expect(textOf(allHoldAll(40)).length).toBeLessThan(150 * few);
  });

  test("differ by what the last of them says", () => {
    expect(textOf(allHoldAll(5))).toBe(textOf(allHoldAll(5)));
    expect(textOf(allHoldAll(5, z.int()))).not.toBe(textOf(allHoldAll(5)));
    expect(textOf(allHoldAll(5))).not.toBe(textOf(allHoldAll(6)));
  });

  test("differ by who holds whom", () => {
    const pair = (swapped: boolean): z.ZodType => {
      const a: z.ZodType = z.object({ a: z.string(), next: z.lazy(() => (swapped ? a : b)) });
      const b: z.ZodType = z.object({ b: z.string(), next: z.lazy(() => (swapped ? b : a)) });
      return z.object({ a, b });
    };
    expect(textOf(pair(true))).not.toBe(textOf(pair(false)));
  });

  test("are the same however often a recursion is written out", () => {
    const once: z.ZodType = z.object({ next: z.lazy(() => once) });
    const inner: z.ZodType = z.object({ next: z.lazy(() => outer) });
    const outer: z.ZodType = z.object({ next: z.lazy(() => inner) });
    expect(textOf(outer)).toBe(textOf(once));
  });
});

describe("a type that stands in several places", () => {
  const entry = () => z.object({ name: z.string(), tags: z.array(z.string()) });

  test("is the same whether it was made once or for each", () => {
    const shared = entry();
    expect(textOf(z.object({ a: shared, b: shared }))).toBe(textOf(z.object({ a: entry(), b: entry() })));
    expect(textOf(z.object({ a: shared, b: shared }))).not.toBe(
      textOf(z.object({ a: shared, b: entry().extend({ more: z.int() }) })),
    );
  });

  test("which of several it is counts", () => {
    const [one, other] = [entry(), z.object({ other: z.string() })];
    const of = (last: z.ZodType): string => textOf(z.object({ one, other, last }));
    expect(of(one)).not.toBe(of(other));
  });

  test("doubles no text", () => {
    let nested: z.ZodType = z.object({ leaf: z.string() });
    for (let level = 0; level < 30; level += 1) nested = z.object({ left: nested, right: nested });
    expect(textOf(nested).length).toBeLessThan(30 * 1_000);
    // Nor does it take looks without end to see how deep it is.
    expect(digestOf(predict(signature("a -> b", { fields: { b: nested } })))).toMatch(/^[\w-]{43}$/);
  });
});
