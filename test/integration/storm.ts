// A random storm: calls, kills, aborts and time, in an order that a seed decides.
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { sleep } from "../../src/foundation/clock.ts";
import { type Random, seededRandom } from "../../src/foundation/random.ts";
import { LmError } from "../../src/lm/failure.ts";
import type { LmSpec } from "../../src/lm/language-model.ts";
import { program } from "../../src/programs/composed-program.ts";
import { scripted } from "../../src/testing/scripted.ts";
import type { TestClock } from "../../src/testing/test-clock.ts";
import { living } from "../actors/living-tree.ts";
import { watch, type Watched } from "../actors/outcomes.ts";
import { echo, kill, qa, startWorld, type World } from "./chaos-world.ts";

const pair = program({
  name: "pair",
  parts: { first: qa, second: qa },
  async forward({ first, second }, inputs: { question: string }) {
    const [one] = await Promise.all([first(inputs), second(inputs)]);
    return second({ question: `${inputs.question} ${one.answer}` });
  },
});

/** Answers, hangs, fails, breaks, mumbles: as a seed has it. */
function unreliable(clock: TestClock, random: Random): LmSpec {
  return scripted(async (request) => {
    await sleep(clock, random.next() * 2_000);
    const luck = random.next();
    if (luck < 0.03) return new Promise(() => {});
    if (luck < 0.08) throw new TypeError("a bug in the model's code");
    if (luck < 0.13) return new LmError("slow down", { code: "rate_limited", retryAfterMs: 700 });
    if (luck < 0.16) return new LmError("no", { code: "auth" });
    if (luck < 0.2) return "mumble";
    return echo(request);
  });
}

export interface Storm extends World {
  readonly calls: readonly Watched[];
  /** How often the program's code ran for a question. */
  readonly forwards: ReadonlyMap<string, number>;
  /** By the victims' type. */
  readonly kills: Readonly<Record<string, number>>;
}

/** `deadly`: it takes clients, servers and supervisors too, and near its end the root. */
export async function storm(seed: number, deadly: boolean): Promise<Storm> {
  const random = seededRandom(seed);
  const forwards = new Map<string, number>();
  const counting = (inner: typeof pair): typeof pair => ({
    ...inner,
    forward(inputs, context) {
      forwards.set(inputs.question, (forwards.get(inputs.question) ?? 0) + 1);
      return inner.forward(inputs, context);
    },
  });
  const counted = counting(pair);
  const spec = programActor({ name: "pair", program: counted, maxConcurrency: 4, maxWaiting: 6 });
  const world = await startWorld(
    (clock) => [client({ name: "main", lm: unreliable(clock, random), limits: { concurrency: 6 } }), spec],
    { random },
  );
  const { system, clock } = world;
  const handle = system.handle(spec);
  const calls: Watched[] = [];
  const aborts: AbortController[] = [];
  const oneOf = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.next() * list.length)];
  const kills: Record<string, number> = {};

  for (let step = 0; step < 400; step += 1) {
    const luck = random.next();
    if (luck < 0.55) {
      const abort = new AbortController();
      aborts.push(abort);
      const question = `q${step}`;
      const options = { signal: abort.signal, timeoutMs: 500 + random.next() * 30_000 };
      const hosted = random.next() < 0.5;
      const call = hosted ? handle.tryCall({ question }, options) : system.forward(counted, { question }, options);
      calls.push(watch(question, call));
    } else if (luck < 0.7) {
      const all = living(system.runtime, system.root);
      const lasting = all.filter(
        ({ path, type }) => type !== "run" && type !== "request" && (path !== "root" || step > 350),
      );
      const passing = all.filter(({ type }) => type === "run" || type === "request");
      const victim = oneOf(deadly && random.next() < 0.25 ? lasting : passing);
      if (victim !== undefined) {
        kills[victim.type] = (kills[victim.type] ?? 0) + 1;
        kill(system, victim.ref);
      }
    } else if (luck < 0.76) oneOf(aborts)?.abort();
    else if (luck < 0.8) await clock.settle();
    else await clock.advance(random.next() * 3_000);
  }
  return { ...world, calls, forwards, kills };
}
