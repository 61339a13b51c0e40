// Dynamic: children that come and go at run time, so many at once and no more.
import {
  actorName,
  behaviour,
  dynamicSupervisor,
  formatReason,
  startChild,
  startSystem,
  worker,
  type Protocol,
  type SupervisorProtocol,
} from "dspex";
import { lifeOf, timeline, until } from "./timeline.ts";

interface RoomProtocol extends Protocol {
  call: never;
  cast: { type: "close" } | { type: "flood" };
  info: never;
}

const room = behaviour<string, string, RoomProtocol>({
  name: "room",
  init: (topic) => ({ state: topic }),
  handleCast(topic, message) {
    if (message.type === "close") return { stop: "normal" };
    throw new Error(`${topic} is flooded`);
  },
});

const show = timeline("dynamic", "Dynamic", "Rooms of a chat: at most three, each with a life of its own.");
const ROOMS = actorName<SupervisorProtocol>("rooms");
const system = await startSystem({
  name: "dynamic",
  logger: false,
  children: [dynamicSupervisor({ id: "rooms", name: ROOMS.name, maxChildren: 3 })],
});

const open = async (topic: string): Promise<void> => {
  // Transient: a room that was closed stays closed; one that crashed comes back.
  const spec = worker({ id: topic, name: topic, behaviour: room, args: topic, restart: "transient" });
  const opened = await startChild(system.runtime, ROOMS, spec);
  if (opened.status === "error") show.note(topic, `refused: ${formatReason(opened.reason)}`);
};

for (const topic of ["tea", "chess", "jazz", "gossip"]) await open(topic);
show.tree(system, "rooms");

show.note("chess", "is closed");
system.runtime.cast(actorName<RoomProtocol>("chess"), { type: "close" });
await until(() => lifeOf(system, "rooms", "chess") === 0);
await open("gossip");

show.note("gossip", "is flooded");
system.runtime.cast(actorName<RoomProtocol>("gossip"), { type: "flood" });
await until(() => lifeOf(system, "rooms", "gossip") === 2);

show.tree(system, "rooms");
await system.stop();
show.end();
