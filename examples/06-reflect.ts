// GEPA reads what a program's own checks say of its runs, and rewrites its instructions and a text that it declares.
import {
  client,
  examples,
  gepa,
  type Metric,
  parametersOf,
  predict,
  program,
  signature,
  startSystem,
  writeReport,
} from "dspex";
import { simulatedDesk } from "./reflect/simulated-model.ts";

const Classify = signature("ticket -> department: 'billing' | 'technical'", { instructions: "Name the department." });
const Reply = signature("ticket, department, policy -> reply", { instructions: "Answer the customer." });

const desk = program({
  name: "desk",
  version: 1,
  parts: { classify: predict(Classify), respond: predict(Reply) },
  parameters: { policy: "Be helpful." }, // a text like any other to whoever optimizes: saved, digested, shown in reports
  async forward({ classify, respond }, { ticket }: { ticket: string }, { parameters }) {
    const { department } = await classify({ ticket });
    const { reply } = await respond({ ticket, department, policy: parameters.policy });
    return { department, reply };
  },
});

const rows = [
  ["Ann", "I was charged twice.", "billing"],
  ["Bo", "The page stays white.", "technical"],
  ["Cy", "Your invoice has no address.", "billing"],
  ["Di", "The login never answers.", "technical"],
  ["Ed", "You charged my old card.", "billing"],
  ["Flo", "A white page again.", "technical"],
  ["Gus", "The invoice came in German.", "billing"],
  ["Hal", "My login is locked.", "technical"],
] as const;
const Ticket = signature("ticket -> department: 'billing' | 'technical'");
const all = examples(
  Ticket,
  [1, 2, 3].flatMap((day) =>
    rows.map(([name, text, department]) => ({ ticket: `Day ${day}, ${name}: ${text}`, department })),
  ),
);
const [trainset, rest] = all.split(1 / 3, { seed: 1 });
const [valset, testset] = rest.split(1 / 2, { seed: 1 });

/** Three checks: each is a third of the score, and says what is wrong to the text that could mend it. */
const checks: Metric<{ ticket: string }, { department: string }, { department: string; reply: string }> = (
  { inputs, labels },
  { department, reply },
) => {
  const [, name = "", word = ""] = /, (\w+): .*?(charged|invoice|white|login)/.exec(inputs.ticket) ?? [];
  const wrong = {
    ...(department !== labels.department && { classify: `Wrong: "${word}" belongs to ${labels.department ?? ""}.` }),
    ...(!reply.startsWith(`Dear ${name},`) && { respond: "Wrong: begin with the customer's name." }),
    ...(/\bby \w+day\b/.test(reply) && { policy: "Wrong: promise no date." }),
  };
  return { score: 1 - Object.keys(wrong).length / 3, feedback: "Good.", feedbackFor: wrong };
};
const metric = Object.assign(checks, { version: 1 });

const system = await startSystem({ children: [client({ name: "desk", lm: simulatedDesk() })], cache: false });
const before = await system.evaluate(desk, testset, metric);
console.log(`before: ${before.score}`);

const job = await system.compile(gepa({ metric, maxMetricCalls: 200, trackBestOutputs: true }), desk, {
  trainset,
  valset,
  budget: { lmCalls: 600 }, // reflections included
});
for await (const { name, score, best, changed = [] } of job.steps()) console.log(name, score, best, changed.join());
const better = await job.result();

const after = await system.evaluate(better, testset, metric);
console.log(`after: ${after.score}`);
for (const [path, { signature: own }] of Object.entries(better.predictors()))
  console.log(`${path}: ${own.instructions}`);
console.log(`policy: ${parametersOf(better)["policy"] ?? ""}`);
console.log(job.report().toTable({ rows: 5 }));
await writeReport("gepa.html", job.report()); // every candidate with what it changed, its scores by example
await system.stop();
