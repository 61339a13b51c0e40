// Every way to say what a task means.
import { signature } from "dspex";
import { z } from "zod";

// Types in the text; both spellings that users know are accepted, and mean the same.
const Triage = signature("ticket: string, tags: string[] -> urgency: 'low' | 'high', score: number, why?: string");
const Ported = signature(
  "ticket: str, tags: list[str] -> urgency: Literal['low', 'high'], score: float, why: Optional[str]",
);

// Descriptions and richer types by field.
const DetailedQA = signature("context, question -> answer", {
  instructions: "You are a helpful AI assistant.",
  fields: {
    context: { type: z.array(z.string()), desc: "Factual passages that may contain the answer." },
    question: { desc: "A specific question about the context." },
    answer: { desc: "A concise answer, typically 1-2 sentences." },
  },
});

// From zod objects, for those who have them already.
const Invoice = signature({
  name: "Invoice",
  instructions: "Extract the invoice.",
  input: z.object({ text: z.string().describe("The page as text.") }),
  output: z.object({ total: z.number().min(0), lines: z.array(z.object({ item: z.string(), qty: z.int() })) }),
});

// A signature is a frozen value; edits give new ones.
const Careful = DetailedQA.prepend("reasoning: string", { side: "output" }).withInstructions("Think first. Be exact.");

export { Careful, DetailedQA, Invoice, Ported, Triage };
