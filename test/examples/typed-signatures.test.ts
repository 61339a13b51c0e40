import { expect, test } from "vitest";
import { Careful, DetailedQA, Invoice, Ported, Triage } from "../../examples/02-typed-signatures.ts";

test("both spellings mean the same", () => {
  expect(Triage.equals(Ported)).toBe(true);
});

test("richer types by field show in the text, with their descriptions", () => {
  expect(DetailedQA.toString()).toBe(
    "context: list[str] 'Factual passages that may contain the answer.', " +
      "question 'A specific question about the context.' -> answer 'A concise answer, typically 1-2 sentences.'",
  );
});

test("zod objects keep what they say about their fields", () => {
  expect(Invoice).toMatchObject({ name: "Invoice", instructions: "Extract the invoice." });
  expect(Invoice.inputFields[0]?.desc).toBe("The page as text.");
  expect(Invoice.outputSchema.safeParse({ total: -1, lines: [] }).success).toBe(false);
  expect(Invoice.outputSchema.safeParse({ total: 3, lines: [{ item: "pen", qty: 2 }] }).success).toBe(true);
});

test("an edit gives a new signature and leaves the old one as it was", () => {
  expect(Careful.outputFields.map(({ name }) => name)).toEqual(["reasoning", "answer"]);
  expect(Careful.instructions).toBe("Think first. Be exact.");
  expect(DetailedQA.outputFields.map(({ name }) => name)).toEqual(["answer"]);
});
