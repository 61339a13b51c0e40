// Simple one for one: many children of one kind, started from one template.
import {
  actorName,
  behaviour,
  countChildren,
  dynamicSupervisor,
  startChild,
  startSystem,
  worker,
  type CallOf,
  type Protocol,
  type SupervisorProtocol,
} from "dspex";
import { lifeOf, timeline, until } from "./timeline.ts";

interface ConnectionProtocol extends Protocol {
  call: CallOf<{ type: "peer" }, string>;
  cast: { type: "hang_up" } | { type: "reset" };
  info: never;
}

const connection = behaviour<string, string, ConnectionProtocol>({
  name: "connection",
  init: (peer) => ({ state: peer }),
  handleCall: (peer) => ({ reply: peer }),
  handleCast(peer, message) {
    if (message.type === "hang_up") return { stop: "normal" };
    throw new Error(`reset by ${peer}`);
  },
});

// `restart` and `shutdown` are the template's; a child brings its id and its arguments.
const from = (peer: string) => worker({ id: peer, name: peer, behaviour: connection, args: peer });
const template = { ...from("peer"), restart: "transient", shutdown: 100 } as const;

const show = timeline("simple-one-for-one", "Simple one for one", "All connections are of one kind: one template.");
const LISTENER = actorName<SupervisorProtocol>("listener");
const system = await startSystem({
  name: "simple-one-for-one",
  logger: false,
  children: [dynamicSupervisor({ id: "listener", name: LISTENER.name, template, intensity: 3 })],
});

for (const peer of ["ada", "bob", "cyd", "dan"]) await startChild(system.runtime, LISTENER, from(peer));
show.tree(system, "listener");

show.note("bob", "hangs up: a clean end, so it stays down");
system.runtime.cast(actorName<ConnectionProtocol>("bob"), { type: "hang_up" });
await until(() => lifeOf(system, "listener", "bob") === 0);
show.note("cyd", "is cut off: it comes back with the arguments it had");
system.runtime.cast(actorName<ConnectionProtocol>("cyd"), { type: "reset" });
await until(() => lifeOf(system, "listener", "cyd") === 2);
const peer = await system.runtime.call(actorName<ConnectionProtocol>("cyd"), { type: "peer" });
const { active } = await countChildren(system.runtime, LISTENER);
show.note("listener", `${active} connections; the one called cyd talks to ${peer}`);

show.tree(system, "listener");
show.note("listener", "is stopped, and with it all connections at once");
await system.stop();
show.end();
