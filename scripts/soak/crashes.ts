// Who is hurt next, and how.
import { actorName, type Random, type Runtime } from "dspex";
import type { Estate, Shard } from "./tree.ts";
import { type Crash, workerName } from "./worker.ts";

const CRASHES: readonly Crash[] = ["throw", "reject", "exit", "stop", "bad_return", "linked_task"];
/** Of so many crashes one hits a shard's supervisor, and one a region's. */
const OF_A_SHARD = 500;
const OF_A_REGION = 5_000;

export interface Saboteur {
  /** One crash, most of the time: whom it picks may be down just now. */
  one(): void;
  /** Crashes in one fragile shard, one after the other, more than its supervisor takes. */
  storm(): void;
  readonly caused: number;
}

export function saboteur(runtime: Runtime, { shards }: Estate, actors: number, random: Random): Saboteur {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const fragile = shards.filter((shard) => shard.fragile);
  let caused = 0;

  /** Only who is there can be hurt. */
  const hurt = (index: number): void => {
    const target = workerName(index);
    if (runtime.whereis(target.name) === undefined) return;
    caused += 1;
    const kind = below(CRASHES.length + 2);
    const crash = CRASHES[kind];
    if (crash !== undefined) runtime.cast(target, crash);
    else runtime.exitSignal(target, kind === CRASHES.length ? "kill" : "broken");
  };
  const kill = (name: string): void => {
    if (runtime.whereis(name) === undefined) return;
    caused += 1;
    runtime.exitSignal(actorName(name), "kill");
  };
  const strike = async ({ workers, intensity }: Shard): Promise<void> => {
    for (let left = 2 * intensity; left > 0; left -= 1) {
      hurt(workers[below(workers.length)] ?? 0);
      // Two crashes of one incarnation count once: give the supervisor its turn.
      await new Promise((resolve) => {
        setTimeout(resolve, 4);
      });
    }
  };
  return {
    get caused() {
      return caused;
    },
    one() {
      if (below(OF_A_REGION) === 0) return kill(`region-${below(Math.ceil(shards.length / 10))}`);
      if (below(OF_A_SHARD) === 0) return kill(`shard-${below(shards.length)}`);
      hurt(below(actors));
    },
    storm() {
      const shard = fragile[below(fragile.length)];
      if (shard !== undefined) void strike(shard);
    },
  };
}
