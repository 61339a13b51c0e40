// One job of one system, whose teleprompter's process is killed again and again.
import { client, job, type JobStep, type Program, startSystem } from "dspex";
import { openaiServer, scripted } from "dspex/testing";
import { OPTIONS, replyTo, student, SUBJECTS, trainerAt, trainset, valset } from "./subjects.ts";
import { told } from "./told.ts";

export interface ActorLives {
  readonly told: string;
  readonly requests: number;
  readonly killed: number;
  /** Files and jobs of those that train. */
  readonly trained: number;
}

/**
 * @param folder where the job keeps its own
 * @param kills after so many requests since the last kill the process is killed
 */
export async function actorLives(teleprompter: string, folder: string, kills: readonly number[]): Promise<ActorLives> {
  const make = SUBJECTS[teleprompter];
  if (make === undefined) throw new Error(`no teleprompter ${teleprompter}`);
  const left = [...kills];
  let [requests, since, killed] = [0, 0, 0];
  const lm = scripted(async ({ messages }) => {
    requests += 1;
    since += 1;
    // The supervisor's patience is counted in seconds: a few kills are enough for one job.
    if (since >= (left[0] ?? Infinity) && kill()) {
      left.shift();
      since = 0;
      killed += 1;
    }
    for (let wait = requests % 5; wait > 0; wait -= 1) await new Promise(setImmediate);
    return replyTo(messages);
  });
  const server = await openaiServer({ replies: [], fineTuning: {} });
  const spec = job({
    name: teleprompter,
    teleprompter: make(trainerAt(server.baseURL)),
    program: student,
    trainset,
    valset,
    folder,
    ...OPTIONS,
  });
  const system = await startSystem({ children: [client({ name: "main", lm }), spec], logger: false, cache: false });
  const kill = (): boolean => {
    const found = system.runtime.whereis(`system/teleprompters/${teleprompter}/teleprompter`);
    if (found === undefined) return false;
    system.runtime.exitSignal(found, "kill");
    return true;
  };
  try {
    const handle = system.job(spec);
    const best: Program<never> = await handle.result();
    const steps: JobStep[] = [];
    for await (const step of handle.steps()) steps.push(step);
    const { files, jobs } = server.fineTuning;
    return { told: await told(best, steps, folder), requests, killed, trained: files.length + jobs.length };
  } finally {
    await system.stop();
    await server.close();
  }
}
