// The soak's tree: an estate of regions of shards of workers, and jobs that come and go.
import {
  actorName,
  dynamicSupervisor,
  supervisor,
  worker,
  type ChildSpec,
  type Strategy,
  type SupervisorProtocol,
} from "dspex";
import { soakWorker, workerName } from "./worker.ts";

export const WORKERS_PER_SHARD = 10;
const SHARDS_PER_REGION = 10;
/** Every so many shards, one that gives up easily. */
const FRAGILE = 5;

/** Regions and their shards survive anything that comes by chance. */
const STURDY = { intensity: 1_000, period: 1 };

export const JOBS = actorName<SupervisorProtocol>("jobs");

export interface Plan {
  readonly actors: number;
  /** Crashes a second, over all workers. */
  readonly rate: number;
}

export interface Estate {
  readonly children: readonly ChildSpec[];
  readonly shards: readonly Shard[];
}

export interface Shard {
  readonly name: string;
  readonly fragile: boolean;
  /** Restarts allowed in a second. */
  readonly intensity: number;
  /** The numbers of its workers. */
  readonly workers: readonly number[];
}

export function planEstate({ actors, rate }: Plan): Estate {
  const count = Math.ceil(actors / WORKERS_PER_SHARD);
  const usual = rate / count;
  const numbers = Array.from({ length: actors }, (_, index) => index);
  const shards = Array.from({ length: count }, (_, index): Shard => {
    const fragile = index % FRAGILE === 0;
    return {
      name: `shard-${index}`,
      fragile,
      // Chance alone is to break a fragile one now and then, and a sturdy one never.
      intensity: Math.ceil(fragile ? usual + 3 * Math.sqrt(usual) + 1 : 10 * usual + 100),
      workers: numbers.slice(index * WORKERS_PER_SHARD, (index + 1) * WORKERS_PER_SHARD),
    };
  });
  const regions = Array.from({ length: Math.ceil(count / SHARDS_PER_REGION) }, (_, index) => {
    const id = `region-${index}`;
    const own = shards.slice(index * SHARDS_PER_REGION, (index + 1) * SHARDS_PER_REGION);
    // The first region gives up with its first shard in a second, and is started again by the estate.
    const flags = index === 0 ? { intensity: 1, period: 1 } : STURDY;
    return supervisor({ id, name: id, ...flags, children: own.map((shard) => shardSpec(shard, actors)) });
  });
  return {
    children: [
      supervisor({ id: "estate", ...STURDY, children: regions }),
      dynamicSupervisor({ id: JOBS.name, name: JOBS.name, ...STURDY, maxChildren: 200 }),
    ],
    shards,
  };
}

const STRATEGIES: readonly Strategy[] = ["one_for_one", "rest_for_one", "one_for_all"];

function shardSpec({ name, intensity, workers }: Shard, actors: number): ChildSpec<SupervisorProtocol> {
  return supervisor({
    id: name,
    name,
    strategy: STRATEGIES[Number(name.split("-")[1]) % STRATEGIES.length] ?? "one_for_one",
    intensity,
    period: 1,
    children: workers.map((index) =>
      worker({
        id: `worker-${index}`,
        name: workerName(index).name,
        behaviour: soakWorker,
        args: { index, actors },
        shutdown: 500,
      }),
    ),
  });
}
