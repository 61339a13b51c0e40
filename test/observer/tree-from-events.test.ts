// What an observer in another process would do: it hears of starts and ends, and has the tree from them alone.
import { expect, onTestFinished, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { LmError } from "../../src/lm/failure.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { program } from "../../src/programs/composed-program.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { type ActorLifeEvent, actorExited, actorStarted } from "../../src/runtime/actor-events.ts";
import { actorName } from "../../src/runtime/actor-ref.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { signature } from "../../src/signatures/signature.ts";
import { dynamicSupervisor, supervisor } from "../../src/supervisors/supervision.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSystem } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import type { TreeNode } from "../../src/observer/tree-snapshot.ts";
import { watch } from "../actors/outcomes.ts";
import { nodes } from "../actors/living-tree.ts";

interface Shape {
  readonly id: string;
  readonly type: string;
  readonly children: readonly Shape[];
}

const sorted = (children: readonly Shape[]): Shape[] =>
  children.toSorted((a, b) => `${a.id} ${a.type}`.localeCompare(`${b.id} ${b.type}`));

/** The processes in a snapshot. A child that has none right now has no place among the living. */
function processes({ id, type, children }: TreeNode): Shape {
  const alive = children.filter(({ state }) => !["restarting", "undefined", "exited"].includes(state));
  return { id, type, children: sorted(alive.map(processes)) };
}

/** Actors that live, as their starts and ends tell. */
function listen() {
  const lives = new Map<string, Map<number, ActorLifeEvent>>();
  const ends: { readonly began: ActorLifeEvent | undefined; readonly event: ActorLifeEvent }[] = [];
  const of = (systemId: string): Map<number, ActorLifeEvent> => {
    const known = lives.get(systemId) ?? new Map<number, ActorLifeEvent>();
    lives.set(systemId, known);
    return known;
  };
  onTestFinished(actorStarted.subscribe((event) => void of(event.systemId).set(event.actor, event)));
  onTestFinished(
    actorExited.subscribe((event) => {
      ends.push({ began: of(event.systemId).get(event.actor), event });
      of(event.systemId).delete(event.actor);
    }),
  );
  const below = (
    living: ReadonlyMap<number, ActorLifeEvent>,
    { actor, label, behaviour: type }: ActorLifeEvent,
  ): Shape => {
    const children = [...living.values()].filter(({ parent }) => parent === actor);
    return { id: label, type, children: sorted(children.map((child) => below(living, child))) };
  };
  return {
    ends,
    living: (systemId: string) => [...of(systemId).values()],
    /** The one tree there is: with one root, and nobody left over. */
    tree(systemId: string): Shape {
      const living = of(systemId);
      const roots = [...living.values()].filter(({ parent }) => parent === undefined);
      expect(roots.map(({ label }) => label)).toEqual(["root"]);
      return below(living, roots[0] as ActorLifeEvent);
    },
  };
}

test("the tree of starts and ends is the tree as it is, through calls, retries, crashes, restarts and the stop", async () => {
  const heard = listen();
  const clock = testClock();
  const failure = new LmError("busy", { code: "overloaded" });
  const lm = scripted((_request, call) => (call % 3 === 0 ? failure : { answer: "Ann" }), { latencyMs: 1_000, clock });
  const qa = predict(signature("question -> answer"), { name: "qa", client: "main" });
  const both = program({
    name: "both",
    parts: { qa, kb: retrieve({ client: "kb" }) },
    forward: async (parts, { question }: { question: string }) => {
      await parts.kb({ query: question });
      const answers = await Promise.all([parts.qa({ question }), parts.qa({ question: `${question}?` })]);
      return { answer: answers.map(({ answer }) => answer).join() };
    },
  });
  const idler = behaviour<undefined, null>({ name: "idler", init: () => ({ state: null }) });
  const idle = (id: string) => worker({ id, behaviour: idler, args: undefined, name: id });
  const spec = programActor({ name: "qa", program: qa, maxConcurrency: 2 });
  const system = await startSystem({
    clock,
    logger: false,
    children: [
      client({ name: "main", lm, limits: { concurrency: 3 } }),
      client({ name: "kb", retriever: textIndex({ documents: ["Ann is a dog"] }) }),
      spec,
      supervisor({ id: "inner", strategy: "one_for_all", intensity: 2, children: [idle("a"), idle("b")] }),
      dynamicSupervisor({ id: "jobs" }),
    ],
  });
  const compare = (): void => expect(heard.tree(system.id)).toEqual(processes(system.tree()));
  /** Compares at each moment of so long a time. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      await clock.advance(50);
      compare();
    }
  };

  compare();
  const calls = [1, 2, 3, 4].map((n) => watch(`call ${n}`, system.handle(spec).call({ question: `${n}` })));
  const forwards = [5, 6].map((n) => watch(`forward ${n}`, system.forward(both, { question: `${n}` })));
  await pass(500);
  // Under way: runs below a program's actor and below the system's group, with requests below them.
  const kinds = nodes(system.tree()).map(({ type }) => type);
  expect([kinds.filter((type) => type === "run").length, kinds.filter((type) => type === "request").length]).toEqual([
    4, 6,
  ]);
  system.runtime.exitSignal(clientName("main"), "kill");
  await pass(200);
  system.runtime.exitSignal(actorName("a"), "kill");
  await pass(100);
  // More than its intensity: the inner supervisor gives up, and is started again by the root.
  for (let kills = 0; kills < 3; kills += 1) {
    system.runtime.exitSignal(actorName("b"), "kill");
    await clock.settle();
    compare();
  }
  await pass(10_000);
  for (const call of [...calls, ...forwards]) expect(call.settled).toBe(true);
  // Each end has its start, and says the same of the actor.
  for (const { began, event } of heard.ends)
    expect({ ...event, at: 0, reason: 0 }).toEqual({ ...began, at: 0, reason: 0 });
  expect(new Set(heard.ends.map(({ event }) => event.behaviour))).toEqual(
    new Set(["client", "request", "run", "search", "idler", "supervisor"]),
  );
  expect(heard.living(system.id).map(({ name }) => name)).toContain(clientName("main").name);
  await system.stop();
  expect(heard.living(system.id)).toEqual([]);
});
