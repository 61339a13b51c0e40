/**
 * `npm run soak [-- --seconds 60 --rate 1000 --actors 1000 --seed 1]`: random crashes, so many a second, across a
 * supervised tree of so many actors under a load of calls. Exit code 1 when a call was not answered, the heap grew, the
 * tree did not survive, or the process did not end by itself.
 *
 * `-- --sockets [--seconds 10 --every 100 --seed 1]`: instead, a client that is killed every so many milliseconds while its
 * requests are on real sockets.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { childExited, childStarted, gaveUp, seededRandom, startSystem, type System } from "dspex";
import { endWith } from "./soak/ending.ts";
import { saboteur } from "./soak/crashes.ts";
import { soakSockets } from "./soak/sockets.ts";
import { heapAfterGc, plateauOf, type HeapSample } from "./soak/heap.ts";
import { caller, emptyTally, type Tally } from "./soak/load.ts";
import { planEstate } from "./soak/tree.ts";

interface Options {
  readonly sockets: boolean;
  readonly every: number;
  readonly seconds: number;
  readonly rate: number;
  readonly actors: number;
  readonly seed: number;
}

const CALLERS = 50;
/** How much the heap may end above its start: the noise of what is under way when it is measured. */
const GROWTH_MB = 1;
/** All timers of the load are much shorter; a busy machine may be late with them. */
const STILL_THERE_MS = 20_000;
/** A busy machine may stand still for longer: that is made up for by going on, not by more crashes at once. */
const LONGEST_TICK_S = 0.05;

function options(): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { sockets: { type: "boolean" }, every: text, seconds: text, rate: text, actors: text, seed: text },
  });
  const number = (name: "every" | "seconds" | "rate" | "actors" | "seed", usual: number): number => {
    const value = values[name] === undefined ? usual : Number(values[name]);
    if (!(value > 0)) throw new Error(`--${name} takes a number above 0, got "${values[name]}"`);
    return value;
  };
  const sockets = values.sockets === true;
  return {
    sockets,
    every: number("every", 100),
    seconds: number("seconds", sockets ? 10 : 60),
    rate: number("rate", 1_000),
    actors: Math.ceil(number("actors", 1_000)),
    seed: number("seed", 1),
  };
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => clearTimeout(timer));
  });
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");
const mb = (value: number): string => `${value.toFixed(2)} MB`;

async function soak({ seconds, rate, actors, seed }: Options): Promise<string[]> {
  const random = seededRandom(seed);
  const estate = planEstate({ actors, rate });
  const counts = { exits: 0, restarts: 0, gaveUp: 0, rejections: 0 };
  process.on("unhandledRejection", () => (counts.rejections += 1));
  childExited.subscribe(({ child }) => (counts.exits += child.startsWith("worker") ? 1 : 0));
  childStarted.subscribe(({ incarnation }) => (counts.restarts += incarnation > 1 ? 1 : 0));
  gaveUp.subscribe(() => (counts.gaveUp += 1));

  const system = await startSystem({ name: "soak", logger: false, children: estate.children });
  const over = { now: false };
  void system.exited.then(() => (over.now = true));
  const tally = emptyTally();
  const callers = Array.from({ length: CALLERS }, () => caller(system.runtime, tally, actors, random, () => over.now));
  const enemy = saboteur(system.runtime, estate, actors, random);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();

  let elapsed = 0;
  let looked = performance.now();
  const lasted = (): boolean => elapsed >= seconds;
  const tick = async (): Promise<void> => {
    await pause(5);
    elapsed += Math.min((performance.now() - looked) / 1_000, LONGEST_TICK_S);
    looked = performance.now();
  };
  const samples: HeapSample[] = [];
  const sampleEvery = Math.min(1, seconds / 12);
  const lineEvery = Math.min(5, seconds / 2);
  let lines = 0;
  let storms = 0;
  console.log(`${actors} actors, ${whole(rate)} crashes a second for ${seconds} s, ${CALLERS} callers, seed ${seed}\n`);
  while (!lasted() && !over.now) {
    await tick();
    for (let tries = Math.floor(elapsed * rate) - enemy.caused; tries > 0; tries -= 1) enemy.one();
    if (elapsed > storms + 0.5) {
      storms += 1;
      enemy.storm();
    }
    if (elapsed >= samples.length * sampleEvery) samples.push({ at: elapsed, used: heapAfterGc() });
    if (elapsed >= (lines + 1) * lineEvery) {
      lines += 1;
      const at = `${elapsed.toFixed(lineEvery < 1 ? 1 : 0).padStart(3)} s`;
      const p99 = `loop delay p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms`;
      console.log(
        `${at}   ${whole(enemy.caused)} crashes   ${whole(counts.restarts)} restarts   ${counts.gaveUp} gave up   ` +
          `${whole(tally.made)} calls   heap ${mb(samples.at(-1)?.used ?? 0)}   ${p99}`,
      );
      delay.reset();
    }
  }
  delay.disable();

  const survived = !over.now;
  const running = whole(system.runtime.activity().live);
  // Calls go on while the system stops, and after.
  const stopping = performance.now();
  await system.stop();
  const stopMs = performance.now() - stopping;
  const patience = new AbortController();
  await Promise.race([Promise.all(callers), pause(STILL_THERE_MS, patience.signal)]);
  patience.abort();

  const level = plateauOf(samples);
  const answered = tally.right + tally.wrong + tally.failed + tally.strange.length;
  const unanswered = tally.made - answered;
  console.log(`
crashes caused        ${whole(enemy.caused)}
  ends of workers     ${whole(counts.exits)}, as their supervisors saw them
restarts              ${whole(counts.restarts)}
supervisors gave up   ${counts.gaveUp}, each started again
calls made            ${whole(tally.made)}
  answered right      ${whole(tally.right)}
  typed failure       ${whole(tally.failed)}   ${reasons(tally)}
  answered wrong      ${tally.wrong}
  failed otherwise    ${tally.strange.length}
  unanswered          ${unanswered}
unhandled rejections  ${counts.rejections}
heap, plateau         ${mb(level.start)} at its start, ${mb(level.end)} at its end, slope ${level.slope.toFixed(3)} MB/min over ${level.seconds.toFixed(0)} s
stopped               ${running} actors in ${whole(stopMs)} ms, ${left(system)} left`);

  const off: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || off.push(what));
  must(survived, "the tree did not survive");
  must(enemy.caused >= rate * seconds * 0.95, "too few crashes");
  must(counts.restarts > 0 && tally.right > 0, "nothing was restarted, or nobody answered");
  must(counts.gaveUp > 0, "no supervisor gave up");
  must(unanswered === 0, "calls without an answer");
  must(tally.wrong === 0 && tally.strange.length === 0, `wrong answers: ${String(tally.strange[0] ?? tally.wrong)}`);
  must(counts.rejections === 0, "unhandled rejections");
  // A short run is over before the heap has found its level.
  must(level.end - level.start <= (seconds >= 20 ? GROWTH_MB : 8), "the heap grew");
  must(left(system) === 0, "actors that outlive the system");
  return off;
}

function left(system: System): number {
  return system.runtime.activity().live;
}

function reasons({ reasons }: Tally): string {
  return [...reasons]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, times]) => `${reason} ${whole(times)}`)
    .join(", ");
}

const wish = options();
const off = await (wish.sockets ? soakSockets({ ...wish, everyMs: wish.every }) : soak(wish));
endWith(off);
