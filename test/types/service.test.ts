import { describe, expect, test } from "vitest";
import { makeService } from "../../bench/parts/type-service.ts";
import { compile, instantiations } from "./compile.ts";
import { hovers } from "./language-server.ts";

test("among 200 signatures, a wrong one is found and its word is named", { timeout: 120_000 }, async () => {
  const service = makeService({ signatures: 200, long: 10, longLength: 2_000, seed: 7 });
  const longest = service.findIndex(({ text }) => text.length >= 2_000);
  const texts = service.map(({ text }, index) => (index === longest ? text.replace(/: bool/, ": boool") : text));
  expect(texts[longest]).toContain("boool");
  const lines = texts.map((text, index) => `export const made${index} = signature(${JSON.stringify(text)});`);
  const said = await compile([`import { signature } from "dspex";\n${lines.join("\n")}\n`]);
  expect(said).toHaveLength(1);
  expect(said[0]?.message).toMatch(/unknown type \\"boool\\"/);
});

describe("what a field costs the compiler, in types that it makes", () => {
  const service = makeService({ signatures: 100, long: 5, longLength: 2_000, seed: 7 });
  const texts = service.map(({ text }) => text);
  const fields = service.reduce((sum, each) => sum + each.fields, 0);
  const program = (signatures: readonly string[]): string => {
    const lines = signatures.map((text, index) => `export const made${index} = signature(${JSON.stringify(text)});`);
    return `import { signature } from "dspex";\n${lines.join("\n")}\n`;
  };

  test.each([
    { written: "in one line, with the types that others have too", signatures: texts, most: 160 },
    {
      written: "one below the other",
      signatures: texts.map((text) => text.replaceAll(/, (?=\w+: )/g, ",\n  ")),
      most: 210,
    },
    {
      written: "with values and descriptions of its own",
      signatures: texts.map((text, index) => text.replaceAll(/(low|yes|came|several)\b/g, `$1 ${index}`)),
      most: 200,
    },
  ])("$written: at most $most", { timeout: 120_000 }, async ({ signatures, most }) => {
    const [without, all] = await Promise.all([instantiations([program([])]), instantiations([program(signatures)])]);
    const each = (all - without) / fields;
    expect(each).toBeLessThan(most);
    // Nothing read would cost nothing.
    expect(each).toBeGreaterThan(20);
  });
});

test("an editor shows types as a person would write them", { timeout: 120_000 }, async () => {
  const shown = await hovers(`import { chainOfThought, forward, openai, predict, signature } from "../../src/index.ts";
const triage = signature("ticket: str, tags: list[str], limit?: int -> urgency: Literal['low', 'high'], score: float");
const qa = predict(triage);
const thinking = chainOfThought(triage);
const result = await forward(qa, { ticket: "It burns", tags: [] }, { clients: { lm: openai("gpt-5.6-luna") } });
const urgency = result.urgency;
`);
  const inputs = "{ limit?: number | null; tags: readonly string[]; ticket: string; }";
  const outputs = '{ score: number; urgency: "high" | "low"; }';
  expect(Object.fromEntries([...shown].map(([name, type]) => [name, sorted(type)]))).toEqual({
    triage: `const triage: Signature<${inputs}, ${outputs}>`,
    qa: `const qa: Predictor<${inputs}, ${outputs}>`,
    thinking: `const thinking: ChainOfThought<${inputs}, ${outputs}>`,
    result: `const result: Prediction<${outputs}>`,
    urgency: 'const urgency: "high" | "low"',
  });
});

/** Fields in one line and by name: their order is the compiler's own affair. */
function sorted(type: string): string {
  return type.replaceAll(/\{\n([^}]*)\n\}/g, (_, fields: string) => {
    const each = fields.split("\n").map((field) => field.trim());
    return `{ ${each.toSorted().join(" ")} }`;
  });
}
