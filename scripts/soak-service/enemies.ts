// What befalls the service while it works.
import { actorName, type Random, whichChildren, type SupervisorProtocol } from "dspex";
import { type House, PROGRAMS, SPEC } from "./house.ts";

export interface Blows {
  kills: number;
  upgrades: number;
  walls: number;
}

const WALL_MS = 2_000;

/** One blow, whichever is drawn. Their supervisors allow three restarts in five seconds. */
export async function strike(house: House, random: Random, blows: Blows): Promise<void> {
  const { runtime } = house.system;
  const kill = (name: string): void => {
    if (runtime.whereis(name) === undefined) return;
    runtime.exitSignal(actorName(name), "kill");
    blows.kills += 1;
  };
  const draw = random.next();
  if (draw < 0.15) kill("client/main");
  else if (draw < 0.25) kill("client/own");
  else if (draw < 0.3) kill("client/responses");
  else if (draw < 0.35) kill("client/kb");
  else if (draw < 0.45) kill("system/cache");
  else if (draw < 0.55) kill(`program/${SPEC.name}`);
  else if (draw < 0.75) {
    // Some of the runs that are under way.
    const runs = await whichChildren(runtime, actorName<SupervisorProtocol>("system/runs")).catch(() => []);
    for (const { ref } of runs.filter(() => random.next() < 0.1)) {
      if (ref === undefined) continue;
      runtime.exitSignal(ref, "kill");
      blows.kills += 1;
    }
  } else if (draw < 0.9) {
    house.system.handle(SPEC).upgrade(PROGRAMS.qa.with({ instructions: `Version ${blows.upgrades}.` }));
    blows.upgrades += 1;
  } else {
    blows.walls += 1;
    house.wall(true, random.next() < 0.5);
    await new Promise((resolve) => setTimeout(resolve, WALL_MS));
    house.wall(false, false);
  }
}
