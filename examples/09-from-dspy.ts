// A program that was compiled and saved in DSPy, served here; and one of ours, written for DSPy.
// from-dspy/support.json was written by DSPy 3.4.1, by the Python program that stands beside it.
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chainOfThought,
  client,
  loadProgram,
  openai,
  predict,
  program,
  programActor,
  saveProgram,
  signature,
  startSystem,
} from "dspex";

// The same program as in Python: the same parts by the same names.
const support = program({
  name: "support",
  parts: {
    triage: predict(
      signature(
        "ticket 'What the customer wrote.' -> urgency: Literal['low', 'high'], topic: Literal['billing', 'delivery', 'other']",
      ),
    ),
    reply: chainOfThought(signature("ticket, urgency, topic -> reply")),
  },
  async forward({ triage, reply }, { ticket }: { ticket: string }) {
    const { urgency, topic } = await triage({ ticket });
    const answered = await reply({ ticket, urgency, topic });
    return { urgency, topic, reply: answered.reply };
  },
});

// What DSPy's optimizer has found: instructions, descriptions, demos. A file of another program is refused.
const trained = await loadProgram(join(import.meta.dirname, "from-dspy", "support.json"), support);

const served = programActor({ name: "support", program: trained });
const system = await startSystem({
  children: [client({ name: "openai", lm: openai("gpt-5.6-luna") }), served],
});
const handle = system.handle(served);
const ticket = "I was charged twice this month.";
const first = await handle.call({ ticket });
console.log(`${first.urgency}, ${first.topic}: ${first.reply}`);

// Edited here, served at once, and written for DSPy, whose `Support().load(path)` reads it.
const brief = trained.withPredictors({
  "reply.predict": trained.parts.reply.predict.with({ instructions: "Answer the ticket in one sentence." }),
});
handle.upgrade(brief);
console.log((await handle.call({ ticket })).reply);
await saveProgram(brief, process.argv[2] ?? join(tmpdir(), "support-for-dspy.json"), { format: "dspy" });
await system.stop();
