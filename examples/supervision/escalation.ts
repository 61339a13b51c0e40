// Escalation: a supervisor that cannot help gives up, and what failed becomes its own supervisor's problem.
import { behaviour, startSystem, supervisor, worker } from "dspex";
import { lifeOf, pause, timeline, until } from "./timeline.ts";

// The fault: lease 1 is bad, and only the start of the lock takes a new one.
let lease = 0;

const lock = behaviour<undefined, undefined>({
  name: "lock",
  init() {
    lease += 1;
    show.note("lock", `takes lease ${lease}`);
    return { state: undefined };
  },
});

const shard = behaviour<undefined, undefined>({
  name: "shard",
  // The start is acknowledged first; the work that may fail comes after it.
  init: () => ({ state: undefined, continue: "read" }),
  async handleContinue(_state, _message, self) {
    await self.sleep(15);
    if (lease === 1) throw new Error("lease 1 is stale");
  },
});

const show = timeline(
  "escalation",
  "Escalation",
  "A fault that a new process does not cure travels up until one does.",
);
const system = await startSystem({
  name: "escalation",
  logger: false,
  children: [
    supervisor({
      id: "store",
      intensity: 1,
      children: [
        worker({ id: "lock", behaviour: lock, args: undefined }),
        supervisor({
          id: "shards",
          intensity: 1,
          children: [worker({ id: "shard", behaviour: shard, args: undefined })],
        }),
      ],
    }),
  ],
});
show.tree(system, "store");

await until(() => lifeOf(system, "store") === 2);
await pause(30);

show.tree(system, "store");
await system.stop();
show.end();
