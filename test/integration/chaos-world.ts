// A system on a clock that stands still, questions that cannot be mistaken for one another, and somebody who kills.
import { afterEach, beforeEach } from "vitest";
import { type Random, seededRandom } from "../../src/foundation/random.ts";
import type { LmRequest } from "../../src/lm/language-model.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import type { ActorRef } from "../../src/runtime/actor-ref.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System, type SystemOptions } from "../../src/system.ts";
import { type TestClock, testClock } from "../../src/testing/test-clock.ts";
import { watch, type Watched } from "../actors/outcomes.ts";

export const qa = predict(signature("question -> answer"), { name: "qa" });

/** The question of a request: each has its own, so that no caller can get another's answer unseen. */
export function asked({ messages }: LmRequest): string {
  return /q\d+/.exec(messages.map(({ content }) => content).join("\n"))?.[0] ?? "none";
}

export const echo = (request: LmRequest) => ({ answer: `re ${asked(request)}` });

/** Those that did not get the answer to their own question. `what` of a call is its question. */
export function wrong(calls: readonly Watched[]): Watched[] {
  return calls.filter(({ what, value }) => (value as { answer?: string } | undefined)?.answer !== `re ${what}`);
}

export interface World {
  readonly system: System;
  readonly clock: TestClock;
  /** So many calls of the program through `system.tryForward`. Default: of {@link qa}. */
  ask(count: number, through?: Program<{ question: string }, { answer: string }>): Watched[];
  /** Kills whoever has this name. */
  kill(name: string): void;
}

export async function startWorld(
  children: (clock: TestClock) => SystemOptions["children"],
  options: Partial<SystemOptions> & { readonly random?: Random | undefined } = {},
): Promise<World> {
  const clock = testClock();
  const system = await startSystem({
    children: children(clock),
    clock,
    random: seededRandom(7),
    logger: false,
    ...options,
  });
  let questions = 0;
  return {
    system,
    clock,
    ask: (count, through = qa) =>
      Array.from({ length: count }, () => {
        const question = `q${(questions += 1)}`;
        return watch(question, system.tryForward(through, { question }));
      }),
    kill: (name) => kill(system, system.runtime.whereis(name)),
  };
}

export function kill(system: System, ref: ActorRef | undefined): void {
  if (ref === undefined) throw new Error("there is nobody to kill");
  system.runtime.exitSignal(ref, "kill");
}

/** Ends each test's systems, and fails it when they leave anything behind: an actor, a rejection that nobody handles. */
export function useWorlds(): { readonly start: typeof startWorld; readonly follow: (world: World) => void } {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  const worlds: World[] = [];
  beforeEach(() => void process.on("unhandledRejection", onUnhandled));
  afterEach(async () => {
    const left: object[] = [];
    for (const { system } of worlds.splice(0)) {
      await system.stop();
      left.push(system.runtime.activity());
    }
    process.off("unhandledRejection", onUnhandled);
    const clean = left.every((activity) => Object.values(activity).every((count) => count === 0));
    if (!clean) throw new Error(`something outlived its system: ${JSON.stringify(left)}`);
    const [first] = unhandled.splice(0);
    if (first !== undefined) throw new Error("a rejection was left unhandled", { cause: first });
  });
  return {
    follow: (world) => void worlds.push(world),
    async start(...options) {
      const world = await startWorld(...options);
      worlds.push(world);
      return world;
    },
  };
}
