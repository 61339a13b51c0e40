// Intensity: a crash loop ends after so many restarts in so many seconds, and the rest of the system goes on.
import { actorName, behaviour, startSystem, supervisor, worker, type CallOf, type Protocol } from "dspex";
import { lifeOf, timeline, until } from "./timeline.ts";

const billing = behaviour<undefined, undefined>({
  name: "billing",
  init: () => ({ state: undefined, continue: "read the configuration" }),
  async handleContinue(_state, _message, self) {
    await self.sleep(20);
    throw new Error("tax table is missing");
  },
});

interface WebProtocol extends Protocol {
  call: CallOf<{ type: "get" }, string>;
  cast: never;
  info: never;
}

const web = behaviour<undefined, undefined, WebProtocol>({
  name: "web",
  init: () => ({ state: undefined }),
  handleCall: () => ({ reply: "200 OK" }),
});

const show = timeline("intensity", "Intensity", "Three restarts in five seconds are bad luck. A fourth is a fault.");
const system = await startSystem({
  name: "intensity",
  logger: false,
  children: [
    worker({ id: "web", name: "web", behaviour: web, args: undefined }),
    supervisor({
      id: "accounts",
      intensity: 3,
      period: 5,
      // Once it has given up, nobody starts it again: somebody has to look at it.
      restart: "temporary",
      children: [
        worker({ id: "ledger", behaviour: { ...web, name: "ledger" }, args: undefined }),
        worker({ id: "billing", behaviour: billing, args: undefined }),
      ],
    }),
  ],
});
show.tree(system, "accounts");

await until(() => lifeOf(system, "accounts") === 0);

show.tree(system, "accounts");
show.note("web", `answers ${await system.runtime.call(actorName<WebProtocol>("web"), { type: "get" })}`);
await system.stop();
show.end();
