// One job in as many processes as it takes: each but the last is killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { openaiServer, until } from "dspex/testing";
import { replyTo } from "./subjects.ts";
import { callsOnRecord } from "./told.ts";

/** When a life ends: once the server was asked so often, for answers or about trainings, or right before so many writes of its own. */
export type Kill = { readonly requests: number } | { readonly writes: number };

export interface Lives {
  /** What the last life told. */
  readonly told: string;
  /** Files that were uploaded, and trainings that were begun. */
  readonly trained: number;
  /** Requests of all lives, for answers. */
  readonly requests: number;
  /** Of these, those whose results were not on record when their life was killed. */
  readonly lost: number;
  /** Lives that were killed; a kill that comes after the end of the job is none. */
  readonly killed: number;
}

const ROOT = new URL("../..", import.meta.url).pathname;
const VICTIM = "scripts/crash-matrix/victim.ts";

export async function lives(teleprompter: string, folder: string, kills: readonly Kill[]): Promise<Lives> {
  let [requests, killed, lost, left] = [0, 0, 0, Infinity];
  let child: ChildProcess | undefined;
  const server = await openaiServer({
    record: false,
    latencyMs: 1,
    jitterMs: 4,
    fineTuning: {
      looks: 4,
      befalls() {
        left -= 1;
        if (left === 0) child?.kill("SIGKILL");
        return undefined;
      },
    },
    answer({ messages }) {
      requests += 1;
      left -= 1;
      if (left === 0) child?.kill("SIGKILL");
      return replyTo(messages);
    },
  });
  /** Undefined: it was killed. */
  const live = async (kill?: Kill): Promise<string | undefined> => {
    left = kill !== undefined && "requests" in kill ? kill.requests : Infinity;
    const writes = kill !== undefined && "writes" in kill ? kill.writes : 0;
    const args = ["--conditions=dspex-dev", VICTIM, server.baseURL, folder, teleprompter, String(writes)];
    child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    // It was piped.
    const said = await text(child.stdout as NonNullable<typeof child.stdout>);
    const [code, signal] = await exited;
    // What it had sent reaches the server after its end, too, and is this life's.
    await until(() => server.connections === 0, { what: "the last of a life's connections closed" });
    if (signal === "SIGKILL") return undefined;
    if (code !== 0) throw new Error(`${teleprompter}: it ended otherwise: ${code} ${signal}`);
    return said;
  };
  const trained = (): number => server.fineTuning.files.length + server.fineTuning.jobs.length;
  try {
    let [before, known] = [0, 0];
    for (const kill of kills) {
      const said = await live(kill);
      if (said !== undefined) return { told: said, requests, lost, killed, trained: trained() };
      killed += 1;
      const onRecord = await callsOnRecord(folder);
      lost += requests - before - (onRecord - known);
      [before, known] = [requests, onRecord];
    }
    const said = await live();
    if (said === undefined) throw new Error(`${teleprompter}: it was killed unasked`);
    return { told: said, requests, lost, killed, trained: trained() };
  } finally {
    await server.close();
  }
}
