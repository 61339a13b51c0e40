// Kills a process while it writes the cache, again and again in one folder, and looks at all that is left each time.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheTrouble, type Random } from "dspex";
import { until } from "dspex/testing";
import { answerTo, program, question, QUESTIONS, ROLLOUTS } from "./questions.ts";
import { cachedSystem, silent } from "./system.ts";

export interface Round {
  readonly killedAfterMs: number;
  /** Bytes that were in the folder when it was killed. */
  readonly bytes: number;
  /** Right answers that were on disk. */
  readonly found: number;
  /** Answers that were not what they should be. There is to be none. */
  readonly wrong: number;
  /** Lines that were passed over: what was being written at that moment. */
  readonly tornLines: number;
}

export interface KillOptions {
  readonly folder: string;
  readonly rounds: number;
  readonly random: Random;
  readonly onRound?: (round: Round, number: number) => void;
}

const ROOT = new URL("../..", import.meta.url).pathname;
const VICTIM = "scripts/kill-cache/victim.ts";
/** Some twenty answers: that many are there before it is killed, however slow the machine is. */
const SOME_BYTES = 1_000_000;

export async function killRounds({ folder, rounds, random, onRound }: KillOptions): Promise<Round[]> {
  const done: Round[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    // At first it is only getting up to speed.
    const killedAfterMs = 100 + Math.floor(random.next() * 500);
    await killAfter(folder, killedAfterMs, Math.floor(random.next() * 1e9));
    const round = { killedAfterMs, bytes: bytesIn(folder), ...(await look(folder)) };
    onRound?.(round, number);
    done.push(round);
  }
  return done;
}

async function killAfter(folder: string, ms: number, seed: number): Promise<void> {
  const child = spawn(process.execPath, ["--conditions=dspex-dev", VICTIM, folder, String(seed)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([once(child.stdout, "data"), exited]);
  await Promise.race([until(() => bytesIn(folder) >= SOME_BYTES, { withinMs: 60_000 }), exited]);
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill("SIGKILL");
  const [code, signal] = await exited;
  if (signal !== "SIGKILL") throw new Error(`the process that was to be killed ended by itself (${code})`);
}

/** Every question through a system on that folder whose model says nothing: each answer came from disk. */
async function look(folder: string): Promise<Omit<Round, "killedAfterMs" | "bytes">> {
  let tornLines = 0;
  const stop = cacheTrouble.subscribe(({ lines = 0 }) => (tornLines += lines));
  const system = await cachedSystem(folder, silent);
  let found = 0;
  let wrong = 0;
  for (let index = 0; index < QUESTIONS; index += 1) {
    for (let rolloutId = 0; rolloutId < ROLLOUTS; rolloutId += 1) {
      const rollout = program.with({ config: { rolloutId } });
      const outcome = await system.tryForward(rollout, { question: question(index) });
      if (outcome.ok && outcome.value.answer === answerTo(index)) found += 1;
      else if (outcome.ok || outcome.error.code !== "not_found") wrong += 1;
    }
  }
  stop();
  await system.stop();
  return { found, wrong, tornLines };
}

/** Of the files that are there: whoever writes may remove one meanwhile. */
function bytesIn(folder: string): number {
  const names = readdirSync(folder).filter((name) => name.startsWith("answers-"));
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
