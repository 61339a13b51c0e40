// Rest for one: the child that ended and those started after it, which build on it; those before it keep running.
import { actorName, behaviour, startSystem, supervisor, worker, type Protocol } from "dspex";
import { lifeOf, pause, timeline, until } from "./timeline.ts";

interface LayerProtocol extends Protocol {
  call: never;
  cast: { type: "lose_power" };
  info: never;
}

const layer = behaviour<string, string, LayerProtocol>({
  name: "layer",
  init: (name) => ({ state: name }),
  handleCast(name) {
    throw new Error(`${name} lost power`);
  },
});

const on = (id: string) => worker({ id, name: id, behaviour: layer, args: id });

const show = timeline("rest-for-one", "Rest for one", "Each child builds on those before it.");
const system = await startSystem({
  name: "rest-for-one",
  logger: false,
  children: [
    supervisor({
      id: "stack",
      strategy: "rest_for_one",
      intensity: 3,
      children: [on("database"), on("cache"), on("search"), on("api")],
    }),
  ],
});
show.tree(system, "stack");

for (const name of ["cache", "api"]) {
  await pause(20);
  const life = lifeOf(system, "stack", "api");
  show.note(name, name === "cache" ? "two layers stand on it" : "nothing stands on it");
  system.runtime.cast(actorName<LayerProtocol>(name), { type: "lose_power" });
  await until(() => lifeOf(system, "stack", "api") > life);
}

show.tree(system, "stack");
await system.stop();
show.end();
