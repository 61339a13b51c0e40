/**
 * `npm run small-tasks [-- past intent --seeds 3 --only randomSearch,knnFewShot --adapters lean,chat --calls 235 --no-before]`: what
 * teleprompters make of two small tasks on the embedded model: the score on a test set before and after, with its interval, and
 * what the search cost. A seed deals the trainset anew, as DSPy's figures were taken. Whatever comes out is printed. With DSPy's
 * own layout a call takes two seconds, and a row some minutes.
 */
import { parseArgs } from "node:util";
import { chatAdapter, client, exampleSet, leanAdapter, type Program, startSystem, type System } from "dspex";
import { fetchWeights, llama } from "dspex/llama";
import { scripted } from "dspex/testing";
import { intentTask, pastTask, type Task } from "./small-tasks/tasks.ts";

const TASKS = { past: pastTask, intent: intentTask };
const ADAPTERS = { lean: leanAdapter(), chat: chatAdapter() };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    seeds: { type: "string", default: "3" },
    only: { type: "string" },
    adapters: { type: "string", default: "lean" },
    calls: { type: "string", default: "235" },
    before: { type: "boolean", default: true },
  },
});

await fetchWeights({});
// One call after another: what the prompts of a candidate begin with is read once then, and not once for each lane.
const model = client({ name: "llama", lm: llama({ sequences: 1 }), limits: { concurrency: 1 } });
/** A simulation of who writes well: what a person would have written for each task, one after the other. */
const WRITTEN = [
  "Give the past tense of the English verb: one word, in lower case, nothing else. Most verbs take -ed; mind irregular ones: go, went.",
  "Write only the past tense form of the verb, as in: walk, walked; sing, sang; put, put.",
  "Answer with the simple past of the verb. One word.",
];
const writer = client({
  name: "writer",
  lm: scripted((_request, index) => ({ new_instruction: WRITTEN[index % WRITTEN.length] ?? "" })),
});
const system = await startSystem({ children: [model, writer], logger: false, cache: false });
const asked = positionals.length > 0 ? positionals : Object.keys(TASKS);
for (const [name, load] of Object.entries(TASKS)) if (asked.includes(name)) await rowsOf(name, await load());
await system.stop();

async function rowsOf(name: string, task: Task): Promise<void> {
  for (const layout of values.adapters.split(",")) {
    const adapter = ADAPTERS[layout as keyof typeof ADAPTERS];
    if (adapter === undefined) throw new Error(`no adapter ${layout}; there are ${Object.keys(ADAPTERS).join(", ")}`);
    const student = task.student(adapter);
    console.log(`\n${name}, ${layout}${values.before ? `: ${await scored(system, student, task)} before` : ""}`);
    for (const [kind, make] of Object.entries(task.teleprompters)) {
      if (values.only !== undefined && !values.only.split(",").includes(kind)) continue;
      for (let seed = 0; seed < Number(values.seeds); seed += 1) {
        const from = performance.now();
        const handle = await system.compile(make(seed), student, {
          trainset: exampleSet(task.trainset).shuffle({ seed }),
          valset: task.valset,
          budget: { lmCalls: Number(values.calls) },
          // A busy machine is no reason for another result.
          timeoutMs: 1_800_000,
          client: "llama",
          name: `${name} ${layout} ${kind} ${seed}`,
        });
        const better = await handle.result();
        const seconds = (performance.now() - from) / 1_000;
        const { lmCalls, tokens, best, partial } = handle.status();
        const val = best === undefined ? "" : `, val ${best.toFixed(1)}`;
        const cost = `${lmCalls} calls, ${tokens} tokens, ${seconds.toFixed(0)} s${partial === undefined ? "" : `, cut by its ${partial}`}`;
        console.log(`  ${kind}, seed ${seed}: ${await scored(system, better, task)}${val} (${cost})`);
      }
    }
  }
}

/** On the test set, with its interval. */
async function scored(on: System, program: Program<never>, { testset, metric }: Task): Promise<string> {
  // One that a task's sets are of, or what was made of it.
  const set = await on.evaluate(program as ReturnType<Task["student"]>, testset, metric, {
    timeoutMs: 1_800_000,
    client: "llama",
  });
  const { score, interval } = set;
  return `${score.toFixed(1)} (${interval === undefined ? "" : `${(100 * interval.low).toFixed(0)} to ${(100 * interval.high).toFixed(0)}`})`;
}
