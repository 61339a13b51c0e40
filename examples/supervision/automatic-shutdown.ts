// Automatic shutdown: a supervisor that ends by itself when the children that matter have done their work.
import { behaviour, startSystem, supervisor, worker } from "dspex";
import { lifeOf, timeline, until } from "./timeline.ts";

const step = behaviour<number, number>({
  name: "step",
  init: (ms) => ({ state: ms, continue: "work" }),
  async handleContinue(ms, _message, self) {
    await self.sleep(ms);
    return { stop: "normal" };
  },
});

// Significant children must be able to end: transient or temporary.
const work = (id: string, ms: number) =>
  worker({ id, behaviour: step, args: ms, restart: "transient", significant: true });
const helper = (id: string) => worker({ id, behaviour: step, args: 60_000 });

const show = timeline("automatic-shutdown", "Automatic shutdown", "When the work is done, its helpers go home.");
const system = await startSystem({
  name: "automatic-shutdown",
  logger: false,
  children: [
    supervisor({
      id: "race",
      autoShutdown: "any_significant",
      restart: "temporary",
      children: [helper("referee"), work("hare", 40), work("tortoise", 60_000)],
    }),
    supervisor({
      id: "build",
      autoShutdown: "all_significant",
      restart: "temporary",
      children: [helper("progress"), work("compile", 70), work("test", 140)],
    }),
  ],
});
show.tree(system, "race", "build");

await until(() => lifeOf(system, "race") + lifeOf(system, "build") === 0);

show.tree(system, "race", "build");
await system.stop();
show.end();
