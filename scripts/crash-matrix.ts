/**
 * `npm run crash-matrix [-- NAME… --kills 40 --seed 1]`: each teleprompter as a job of a system, in a process that is killed
 * with SIGKILL at so many random moments, between any two writes too, one job for every four of them; then as many times its
 * actor alone is, one job for every three. Exit code 1 where the result, the candidates or the journal of a job were not those of
 * one that nobody killed, or anything on record was asked again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "dspex";
import { actorLives } from "./crash-matrix/actor-lives.ts";
import { type Kill, lives } from "./crash-matrix/lives.ts";
import { OPTIONS, SUBJECTS } from "./crash-matrix/subjects.ts";

const KILLS_A_JOB = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: "string", default: "40" }, seed: { type: "string", default: "1" } },
});
const random = seededRandom(Number(values.seed));
const names = positionals.length > 0 ? positionals : Object.keys(SUBJECTS);
let wrong = 0;

function draw(below: number): number {
  return 1 + Math.floor(random.next() * below);
}

for (const name of names) {
  const root = mkdtempSync(join(tmpdir(), "dspex-crash-"));
  const whole = await lives(name, join(root, "whole"), []);
  let [killed, lost, failures] = [0, 0, 0];
  for (let number = 0; number < Number(values.kills); number += KILLS_A_JOB) {
    const kills = Array.from({ length: KILLS_A_JOB }, (): Kill =>
      random.next() < 0.5 && whole.requests > 0
        ? { requests: draw(Math.ceil(whole.requests / 2)) }
        : { writes: draw(40) },
    );
    const broken = await lives(name, join(root, `broken-${number}`), kills);
    killed += broken.killed;
    lost += broken.lost;
    const same = broken.told === whole.told;
    // What was in flight is asked for again, and as many at most that were not written yet.
    const once = broken.requests - broken.lost === whole.requests && broken.trained === whole.trained;
    const inFlight = broken.lost <= 2 * KILLS_A_JOB * (OPTIONS.maxConcurrency ?? 0);
    if (same && once && inFlight) continue;
    failures += 1;
    const asked = `${broken.requests} requests, ${broken.lost} of them lost`;
    console.log(
      `${name}: ${JSON.stringify(kills)}: ${same ? "" : "ANOTHER RESULT "}${once && inFlight ? "" : `ASKED AGAIN (${asked})`}`,
    );
  }
  // The supervisor gives up a job whose process ends more than three times in a minute.
  const alone = await actorLives(name, join(root, "alone"), []);
  let actors = 0;
  for (let number = 0; alone.requests > 0 && number < Number(values.kills); number += 3) {
    const kills = Array.from({ length: 3 }, () => draw(Math.ceil(alone.requests / 3)));
    const broken = await actorLives(name, join(root, `actor-${number}`), kills);
    actors += broken.killed;
    const inFlight = broken.requests - alone.requests <= 2 * broken.killed * (OPTIONS.maxConcurrency ?? 0);
    if (broken.told === alone.told && inFlight && broken.trained === alone.trained) continue;
    failures += 1;
    console.log(`${name}: actor killed after ${JSON.stringify(kills)}: ${inFlight ? "ANOTHER RESULT" : "ASKED AGAIN"}`);
  }
  const what = `${killed} kills of the process, ${actors} of the actor, ${whole.requests} requests unbroken, ${lost} lost in flight`;
  console.log(`${name}: ${what}: ${failures === 0 ? "the same result, candidates and journal" : `${failures} WRONG`}`);
  wrong += failures;
  rmSync(root, { recursive: true, force: true });
}
process.exitCode = wrong === 0 ? 0 : 1;
