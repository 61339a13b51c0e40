import { client, exactMatch, type JobHandle, type LmSpec, randomSearch, startSystem, type System } from "dspex";
import type { OutStream } from "../src/cli/cli-world.ts";
import { pastProgram, pastSet } from "./past.ts";

/** Verbs that candidates are compared on. */
const COMPARED = 40;

/** As many at once as the model answers side by side: a trial then takes as long as its answer, and not as the line. */
export function pastClient(lm: LmSpec): ReturnType<typeof client> {
  return client({ name: "llama", lm, limits: { concurrency: 2 } });
}

/** The same job, whichever process asks for it: one that finds its folder goes on where the one before left off. */
export async function compilePast(
  system: System,
  folder: string,
  options: { readonly signal?: AbortSignal; readonly progress?: boolean } = {},
): Promise<JobHandle<typeof pastProgram>> {
  const teleprompter = randomSearch<{ verb: string }, { past: string }>({
    metric: exactMatch("past"),
    numCandidatePrograms: 2,
    maxBootstrappedDemos: 4,
    maxLabeledDemos: 4,
  });
  const [trainset, valset] = await Promise.all([pastSet("train"), pastSet("val", COMPARED)]);
  return system.compile(teleprompter, pastProgram, { name: "past", trainset, valset, folder, ...options });
}

/** What the process does that will be killed: it compiles, and tells after each run how many are over. */
export async function compileAlone(folder: string, lm: LmSpec, out: OutStream, progress: boolean): Promise<void> {
  const system = await startSystem({ name: "tour", children: [pastClient(lm)], logger: false });
  const handle = await compilePast(system, folder, { progress });
  const told = setInterval(() => out.write(`${handle.status().runs}\n`), 50);
  await handle.result();
  clearInterval(told);
  await system.stop();
}
