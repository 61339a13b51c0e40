// One evaluation in as many processes as it takes: each but the last is killed once the server has answered so often.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { openaiServer } from "dspex/testing";
import { readJournal } from "../../src/foundation/journal.ts";
import { askedFor, evaluated, EXAMPLES, replyTo } from "./questions.ts";

export interface Lives {
  /** Whether the last life's report was that of an evaluation that nobody killed. */
  readonly same: boolean;
  /** Predictions on record at each kill. */
  readonly recorded: readonly number[];
  /** Requests about examples whose prediction was on record. There is to be none. */
  readonly askedAgain: number;
  readonly requests: number;
}

const ROOT = new URL("../..", import.meta.url).pathname;
const VICTIM = "scripts/kill-evaluate/victim.ts";

/** What befalls requests whatever they are about. */
const RATES = { server_error: 0.03, reset_before_headers: 0.02, cut_in_body: 0.02, off_format: 0.01, cut_json: 0.01 };

/** @param kills after so many requests of a life each life is killed; one more life comes to the end */
export async function lives(journal: string, kills: readonly number[], seed: number): Promise<Lives> {
  const known = new Set<number>();
  let askedAgain = 0;
  let requests = 0;
  let left = Infinity;
  let child: ChildProcess | undefined;
  const server = await openaiServer({
    record: false,
    latencyMs: 2,
    jitterMs: 10,
    faults: { seed, rates: RATES },
    answer({ messages }) {
      requests += 1;
      left -= 1;
      if (left === 0) child?.kill("SIGKILL");
      const index = askedFor(messages);
      if (known.has(index)) askedAgain += 1;
      return replyTo(index);
    },
  });
  const live = async (killAfter: number): Promise<string> => {
    left = killAfter;
    const args = ["--conditions=dspex-dev", VICTIM, server.baseURL, journal];
    child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    // It was piped.
    const said = await text(child.stdout as NonNullable<typeof child.stdout>);
    const [code, signal] = await exited;
    if (killAfter < Infinity ? signal !== "SIGKILL" : code !== 0)
      throw new Error(`it ended otherwise: ${code} ${signal}`);
    return said;
  };
  try {
    const recorded: number[] = [];
    for (const kill of kills) {
      await live(kill);
      for (const index of await recordedIn(journal)) known.add(index);
      recorded.push(known.size);
    }
    const last = await live(Infinity);
    const counted = requests;
    known.clear();
    left = Infinity;
    const same = last === (await evaluated(server.baseURL, undefined));
    return { same, recorded, askedAgain, requests: counted };
  } finally {
    await server.close();
  }
}

/** The examples whose predictions a journal holds. */
async function recordedIn(journal: string): Promise<readonly number[]> {
  const { records } = await readJournal(journal);
  const lines = records.map(({ value }) => JSON.stringify(value)).filter((line) => line.includes('"prediction":'));
  return lines.map(askedFor).filter((index) => index < EXAMPLES);
}
