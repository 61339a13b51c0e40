// One run in as many processes as it takes: each but the last is killed once it has kept so many effects.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { readJournal } from "../../src/foundation/journal.ts";

export interface Lives {
  readonly summary: string;
  readonly finals: readonly string[];
  /** Effects that the last life found. */
  readonly replayed: number;
  /** Effects that were kept, in order, of all lives: none is to be there twice. */
  readonly kept: readonly string[];
}

const ROOT = new URL("../..", import.meta.url).pathname;

/** @param kills after so many effects kept each life is killed; one more life comes to the end */
export async function lives(folder: string, kills: readonly number[], seed: number): Promise<Lives> {
  for (const [index, kill] of kills.entries()) await live(folder, seed + index, kill);
  const last = await live(folder, seed + kills.length, 0);
  const { records } = await readJournal(join(folder, "effects.jsonl"));
  const kept = records.map(({ value }) => (value as { readonly id: string }).id);
  return { ...(JSON.parse(last) as Omit<Lives, "kept">), kept };
}

async function live(folder: string, seed: number, killAfter: number): Promise<string> {
  const victim = "scripts/kill-effects/victim.ts";
  const child = spawn(process.execPath, ["--conditions=dspex-dev", victim, folder, String(seed), String(killAfter)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const said = await text(child.stdout);
  const [code, signal] = await exited;
  if (killAfter > 0 ? signal !== "SIGKILL" : code !== 0) throw new Error(`it ended otherwise: ${code} ${signal}`);
  return said;
}
