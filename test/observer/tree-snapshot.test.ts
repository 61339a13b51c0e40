import { afterEach, describe, expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { treeSnapshot } from "../../src/observer/tree-snapshot.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { signature } from "../../src/signatures/signature.ts";
import { worker } from "../../src/supervisors/child-spec.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { nodes } from "../actors/living-tree.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });

const NOTHING_USED = {
  requests: 0,
  failures: 0,
  hedges: 0,
  tokens: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  usd: 0,
};

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start() {
  const clock = testClock();
  const lm = scripted(() => ({ answer: "Ann" }), { latencyMs: 1_000, clock, model: "test-model" });
  const spec = programActor({ name: "qa", program: qa, maxConcurrency: 1 });
  const children = [client({ name: "main", lm, limits: { concurrency: 1 } }), spec];
  const system = await startSystem({ clock, logger: false, children });
  systems.push(system);
  const node = (id: string) => nodes(system.tree()).find((each) => each.id === id);
  return { clock, system, spec, node };
}

describe("the tree", () => {
  test("is plain data: what it is, since when, and what it tells of itself", async () => {
    const { clock, system } = await start();
    await clock.advance(1_500);
    const idle = { state: "idle", incarnation: 1, restarts: 0, mailbox: 0, uptimeMs: 1_500 };
    const group = { kind: "supervisor", strategy: "one_for_one", intensity: 3, period: 5, autoShutdown: "never" };
    expect(system.tree()).toEqual({
      ...idle,
      id: "root",
      type: "supervisor",
      info: { ...group, usage: NOTHING_USED },
      children: [
        {
          ...idle,
          id: "cache",
          type: "cache",
          info: { kind: "cache", hits: 0, shared: 0, misses: 0, asking: 0, entries: 0, bytes: 0 },
          children: [],
        },
        {
          ...idle,
          id: "clients",
          type: "supervisor",
          info: group,
          children: [
            {
              ...idle,
              id: "main",
              type: "client",
              info: {
                kind: "client",
                provider: "scripted",
                model: "test-model",
                inFlight: 0,
                waiting: 0,
                concurrency: 1,
                circuit: "closed",
                usage: NOTHING_USED,
              },
              children: [],
            },
          ],
        },
        {
          ...idle,
          id: "programs",
          type: "supervisor",
          info: group,
          children: [
            {
              ...idle,
              id: "qa",
              type: "supervisor",
              info: { ...group, strategy: "rest_for_one" },
              children: [
                {
                  ...idle,
                  id: "runs",
                  type: "dynamic_supervisor",
                  info: { kind: "supervisor", strategy: "dynamic", intensity: 3, period: 5 },
                  children: [],
                },
                {
                  ...idle,
                  id: "server",
                  type: "program_server",
                  info: { kind: "program", program: "qa", running: 0, waiting: 0, usage: NOTHING_USED },
                  children: [],
                },
              ],
            },
          ],
        },
        {
          ...idle,
          id: "runs",
          type: "dynamic_supervisor",
          info: { kind: "supervisor", strategy: "dynamic", intensity: 3, period: 5 },
          children: [],
        },
        {
          ...idle,
          id: "evaluations",
          type: "dynamic_supervisor",
          info: { kind: "supervisor", strategy: "dynamic", intensity: 3, period: 5 },
          children: [],
        },
        { ...idle, id: "teleprompters", type: "supervisor", info: group, children: [] },
      ],
    });
    expect(JSON.parse(JSON.stringify(system.tree()))).toEqual(system.tree());
  });

  test("shows runs with their requests while they are under way", async () => {
    const { clock, system, spec, node } = await start();
    const calls = [system.forward(qa, { question: "1" }), system.handle(spec).call({ question: "2" })];
    await clock.settle();
    expect(system.tree().children.find(({ id }) => id === "runs")?.children).toMatchObject([
      {
        id: "qa",
        type: "run",
        state: "idle",
        info: { kind: "run", run: "run-1", program: "qa" },
        children: [
          {
            id: "request",
            type: "request",
            state: "busy",
            info: { kind: "request", client: "main", run: "run-1", path: "self", attempt: 1, state: "in flight" },
            children: [],
          },
        ],
      },
    ]);
    const waiting = node("runs")?.children;
    expect(JSON.stringify(system.tree()).match(/"state":"waiting"/g)).toHaveLength(1);
    expect(waiting).toHaveLength(1);
    expect(node("server")?.info).toMatchObject({ running: 1, waiting: 0 });
    expect(node("main")?.info).toMatchObject({ inFlight: 1, waiting: 1 });
    await clock.advance(2_000);
    await Promise.all(calls);
  });

  test("counts restarts, and shows the moment between an end and its restart", async () => {
    const { clock, system, node } = await start();
    system.runtime.exitSignal(clientName("main"), "kill");
    expect(node("main")).toEqual({
      id: "main",
      type: "worker",
      state: "exited",
      incarnation: 1,
      restarts: 0,
      mailbox: 0,
      uptimeMs: 0,
      info: {},
      children: [],
    });
    await clock.settle();
    expect(node("main")).toMatchObject({ type: "client", state: "idle", incarnation: 2, restarts: 1, uptimeMs: 0 });
  });

  test("holds no key and no contents, whatever is under way", async () => {
    const { clock, system } = await start();
    const call = system.forward(qa.with({ instructions: "MARKER-INSTRUCTIONS" }), { question: "MARKER-QUESTION" });
    await clock.settle();
    expect(JSON.stringify(system.tree())).not.toContain("MARKER");
    await clock.advance(1_000);
    await call;
  });

  test("of a system that has ended is its root alone", async () => {
    const { system } = await start();
    await system.stop();
    expect(system.tree()).toMatchObject({ id: "root", state: "undefined", info: {}, children: [] });
  });
});

test("an actor's own inspect is shown as info, and what is no child in it is no node", async () => {
  const odd = behaviour<undefined, undefined>({
    name: "odd",
    init: () => ({ state: undefined }),
    inspect: () => ({ colour: "blue", children: ["not", "nodes"] }),
  });
  const plain = behaviour<undefined, undefined>({ name: "plain", init: () => ({ state: undefined }) });
  const children = [
    worker({ id: "odd", behaviour: odd, args: undefined }),
    worker({ id: "plain", behaviour: plain, args: undefined }),
  ];
  const system = await startSystem({ logger: false, clock: testClock(), children });
  systems.push(system);
  expect(treeSnapshot(system.runtime, system.root, "top").children.slice(6)).toMatchObject([
    { id: "odd", type: "odd", info: { colour: "blue" }, children: [] },
    { id: "plain", type: "plain", info: {}, children: [] },
  ]);
});
