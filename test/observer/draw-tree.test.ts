import { expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client.ts";
import { programActor } from "../../src/actors/program-actor.ts";
import { drawTree } from "../../src/observer/draw-tree.ts";
import type { TreeNode } from "../../src/observer/tree-snapshot.ts";
import { predict } from "../../src/programs/predict.ts";
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
    "│       │   └── qa  run",
    "│       │       └── request  request",
    "│       └── server  program_server (1 running, 2 waiting)",
    "└── runs  dynamic_supervisor (dynamic)",
    "    └── qa  run",
    "        └── request  request",
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
