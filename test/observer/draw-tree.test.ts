import { expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { drawTree } from "../../src/observer/draw-tree.ts";
import type { TreeNode } from "../../src/observer/tree-snapshot.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"), { name: "qa" });

test("a working system, as a person sees it in a terminal", async () => {
  const clock = testClock();
  const lm = scripted(() => ({ answer: "Ann" }), { latencyMs: 1_000, clock, model: "test-model" });
  const spec = programActor({ name: "qa", program: qa, maxConcurrency: 1 });
  const children = [client({ name: "main", lm, limits: { concurrency: 1 } }), spec];
  const system = await startSystem({ clock, logger: false, children });
  system.runtime.exitSignal(clientName("main"), "kill");
  await clock.settle();
  const { tryCall } = system.handle(spec);
  for (const question of ["1", "2", "3"]) void tryCall({ question });
  void system.tryForward(qa, { question: "4" });
  await clock.settle();
  expect(drawTree(system.tree()).split("\n")).toEqual([
    "root  supervisor (one_for_one)",
    "├── cache  cache",
    "├── clients  supervisor (one_for_one)",
    "│   └── main  client (test-model, 1 in flight, 1 waiting, restarted 1 time)",
    "├── programs  supervisor (one_for_one)",
    "│   └── qa  supervisor (rest_for_one)",
    "│       ├── runs  dynamic_supervisor (dynamic)",
    "│       │   └── qa  run (run-1)",
    "│       │       └── request  request (waits for main)",
    "│       └── server  program_server (1 running, 2 waiting)",
    "├── runs  dynamic_supervisor (dynamic)",
    "│   └── qa  run (run-4)",
    "│       └── request  request (asks main)",
    "├── evaluations  dynamic_supervisor (dynamic)",
    "└── teleprompters  supervisor (one_for_one)",
  ]);
  await system.stop();
});

test("a cache says what it has and what it saved, a retriever what it searches", async () => {
  const clock = testClock();
  const kb = textIndex({ documents: ["Processes share nothing.", "Supervisors restart."] });
  const lm = scripted(() => ({ answer: "Ann" }), { model: "test-model", identity: "test" });
  const children = [client({ name: "main", lm }), client({ name: "kb", retriever: kb })];
  const system = await startSystem({ clock, logger: false, children });
  for (const question of ["1", "2", "2"]) await system.forward(qa, { question });
  await clock.settle();
  expect(drawTree(system.tree()).split("\n").slice(1, 5)).toEqual([
    "├── cache  cache (2 entries, 1 hit, 2 misses)",
    "├── clients  supervisor (one_for_one)",
    "│   ├── main  client (test-model)",
    "│   └── kb  client (text index, 2 passages)",
  ]);
  await system.stop();
});

test("what is out of the ordinary is said", () => {
  const node: TreeNode = {
    id: "a",
    type: "worker",
    state: "restarting",
    incarnation: 4,
    restarts: 3,
    mailbox: 12,
    uptimeMs: 0,
    info: {},
    children: [],
  };
  expect(drawTree(node)).toBe("a  worker (12 in mailbox, restarted 3 times, restarting)");
});
