// One for all: children that cannot live without each other. One crashes: all are stopped, last to first, and started.
import { actorName, behaviour, startSystem, supervisor, worker, type Protocol } from "dspex";
import { lifeOf, pause, timeline, until } from "./timeline.ts";

interface StageProtocol extends Protocol {
  call: never;
  cast: { type: "half_a_frame" };
  info: never;
}

const stage = behaviour<undefined, undefined, StageProtocol>({
  name: "stage",
  // Asked to stop, it first finishes what it holds: `terminate` runs only for those that trap exits.
  trapExits: true,
  init: () => ({ state: undefined }),
  handleCast() {
    throw new Error("frame ends early");
  },
  terminate: (_state, reason, self) => (reason === "shutdown" ? self.sleep(15) : undefined),
});

const part = (id: string) => worker({ id, name: id, behaviour: stage, args: undefined });

const show = timeline(
  "one-for-all",
  "One for all",
  "Reader, parser and writer share one stream: none is of use alone.",
);
const system = await startSystem({
  name: "one-for-all",
  logger: false,
  children: [
    supervisor({ id: "stream", strategy: "one_for_all", children: [part("reader"), part("parser"), part("writer")] }),
  ],
});
show.tree(system, "stream");

await pause(20);
show.note("parser", "meets half a frame");
system.runtime.cast(actorName<StageProtocol>("parser"), { type: "half_a_frame" });
await until(() => lifeOf(system, "stream", "writer") === 2);

show.tree(system, "stream");
await system.stop();
show.end();
