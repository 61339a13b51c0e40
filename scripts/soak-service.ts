/**
 * `npm run soak:service [-- --seconds 1800 --seed 1]`: half an hour of a service under callers who leave streams, abort with
 * anything and run programs that throw anything, over models that fail oddly, while clients, programs and runs are killed,
 * programs upgraded, and the server refuses everything for two seconds at a time. `-- --seconds 120` is for every day.
 *
 * Exit code 1 when a call had not exactly one outcome, an answer was wrong, somebody's async context went astray, a promise
 * was left unhandled, the heap grew, something was left after the stop, or the process did not end by itself.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { seededRandom, type System, type TreeNode } from "dspex";
import { until } from "dspex/testing";
import { endWith } from "./soak/ending.ts";
import { heapAfterGc, type HeapSample, plateauOf } from "./soak/heap.ts";
import { answered, caller, emptyTally } from "./soak-service/callers.ts";
import { type Blows, strike } from "./soak-service/enemies.ts";
import { build } from "./soak-service/house.ts";

const CALLERS = 60;
/** How much the heap may end above its start: the noise of what is under way when it is measured. */
const GROWTH_MB = 2;
/** A short run is over before the heap has found its level. */
const SHORT_S = 60;
const SHORT_GROWTH_MB = 12;
/** The longest that a call may take. */
const PATIENCE_MS = 70_000;

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const seconds = Number(values.seconds ?? 1_800);
const seed = Number(values.seed ?? 1);
if (!(seconds > 0) || !Number.isInteger(seed)) throw new Error("--seconds takes a number above 0, --seed a whole one");

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const mb = (value: number): string => `${value.toFixed(2)} MB`;

const off: string[] = [];
const must = (holds: boolean, what: string): void => void (holds || off.push(what));

const stray = { rejections: 0, exceptions: 0, warnings: [] as string[] };
process.on("unhandledRejection", () => (stray.rejections += 1));
process.on("uncaughtException", () => (stray.exceptions += 1));
process.on("warning", ({ name, message }) => stray.warnings.push(`${name}: ${message}`));

const random = seededRandom(seed);
const house = await build(seed, random);
const { system, server, looks } = house;
const tally = emptyTally();
const blows: Blows = { kills: 0, upgrades: 0, walls: 0 };
const began = performance.now();
const elapsed = (): number => (performance.now() - began) / 1_000;
/** A busy machine may need longer for a little of everything. */
const seen = (): boolean => tally.right > 0 && tally.left > 0 && tally.codes.size > 0 && looks.made > 0;
const over = (): boolean => elapsed() >= seconds && (seen() || elapsed() >= seconds + 30);

console.log(`${CALLERS} callers for ${seconds} s, seed ${seed}\n`);
const callers = Promise.all(Array.from({ length: CALLERS }, () => caller(house, tally, random, over)));
const enemies = (async () => {
  while (!over()) {
    await sleep(Math.min(1_000 + random.next() * 3_000, seconds * 100));
    await strike(house, random, blows);
  }
})();
const samples: HeapSample[] = [];
const sampleEvery = Math.max(0.1, Math.min(5, seconds / 40));
const lineEvery = Math.min(30, seconds / 2);
for (let lines = 0; !over();) {
  await sleep(sampleEvery * 1_000);
  samples.push({ at: elapsed(), used: heapAfterGc() });
  if (elapsed() < (lines + 1) * lineEvery) continue;
  lines += 1;
  console.log(
    `${elapsed().toFixed(0).padStart(5)} s   ${whole(tally.made)} calls   ${whole(tally.right)} right   ` +
      `${blows.kills} kills   ${blows.walls} walls   heap ${mb(samples.at(-1)?.used ?? 0)}`,
  );
}
await enemies;
house.wall(false, false);
const patience = new AbortController();
await Promise.race([callers, sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
patience.abort();
const unanswered = tally.made - answered(tally);

const idle = (): boolean => inUse(system) === 0 && server.inFlight === 0 && house.generators() === 0;
await until(idle, { withinMs: 20_000 }).catch(() => {});
const left = { permits: inUse(system), requests: server.inFlight, generators: house.generators() };
await house.close();
const actors = system.runtime.activity().live;
const level = plateauOf(samples);
const typed = [...tally.codes.values()].reduce((sum, count) => sum + count, 0);
console.log(`
calls                 ${whole(tally.made)}
  right               ${whole(tally.right)}
  streams left        ${whole(tally.left)}
  typed errors        ${whole(typed)}   ${[...tally.codes].map(([code, count]) => `${code} ${whole(count)}`).join(", ")}
  wrong               ${tally.wrong.length}
  failed otherwise    ${tally.strange.length}
  unanswered          ${unanswered}
killed                ${whole(blows.kills)}
upgraded              ${blows.upgrades}
walls of 429          ${blows.walls}
looks at the context  ${whole(looks.made)}, ${looks.astray} astray
unhandled             ${stray.rejections} rejections, ${stray.exceptions} exceptions, ${stray.warnings.length} warnings
heap, plateau         ${mb(level.start)} at its start, ${mb(level.end)} at its end, slope ${level.slope.toFixed(3)} MB/min over ${level.seconds.toFixed(0)} s
left before the stop  ${left.permits} permits, ${left.requests} requests, ${left.generators} generators of a model
left after the stop   ${actors} actors`);
must(seen(), "nothing was answered, left, or failed");
must(unanswered === 0, "calls without an outcome");
must(tally.wrong.length === 0, `wrong answers: ${tally.wrong[0] ?? ""}`);
must(tally.strange.length === 0, `failed otherwise: ${String(tally.strange[0])}`);
must(looks.astray === 0, "async contexts went astray");
must(stray.rejections + stray.exceptions === 0, "unhandled rejections or exceptions");
must(stray.warnings.length === 0, `warnings: ${stray.warnings[0] ?? ""}`);
must(level.end - level.start <= (seconds >= SHORT_S ? GROWTH_MB : SHORT_GROWTH_MB), "the heap grew");
must(left.permits + left.requests + left.generators === 0, "permits, requests or generators that nobody holds");
must(actors === 0, "actors that outlive the system");

/** Permits that the clients have given out, and calls that wait for one. */
function inUse(of: System): number {
  const sum = ({ info, children }: TreeNode): number =>
    Number(info["inFlight"] ?? 0) +
    Number(info["waiting"] ?? 0) +
    children.reduce((total, each) => total + sum(each), 0);
  return sum(of.tree());
}

endWith(off);
