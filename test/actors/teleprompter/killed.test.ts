// Jobs whose processes are killed: the group's, the system's, a trial's.
import { expect, test } from "vitest";
import {
  behaviour,
  client,
  evaluateRivals,
  exactMatch,
  examples,
  job,
  predict,
  program,
  type Search,
  signature,
  startSystem,
  type Strategy,
  supervisor,
  type Teleprompter,
  worker,
} from "../../../src/index.ts";
import { scripted, until } from "../../../src/testing.ts";
import { living } from "../living-tree.ts";

const qa = signature("question -> answer");
const metric = exactMatch("answer");
const set = examples(
  qa,
  ["a", "b", "c"].map((question) => ({ question, answer: "yes" })),
);
const once: Teleprompter<{ question: string }, { answer: string }> = {
  kind: "once",
  version: 1,
  settings: {},
  metric,
  async search(search: Search) {
    const [scored] = await evaluateRivals(search, [search.student], search.trainset, { about: "once", metric });
    if (scored !== undefined) search.scored({ name: "student", program: search.student, ...scored });
    return search.student;
  },
};

/** Answers when it is let. */
function gated() {
  const gates: (() => void)[] = [];
  const lm = scripted(() => new Promise((resolve) => void gates.push(() => resolve({ answer: "yes" }))));
  return { lm, gates, open: () => gates.splice(0).forEach((each) => each()) };
}

type System = Awaited<ReturnType<typeof startSystem>>;

function kill({ runtime, root }: System, matches: RegExp): void {
  for (const { path, ref } of living(runtime, root)) if (matches.test(path)) runtime.exitSignal(ref, "kill");
}

const spec = () => job({ name: "nightly", teleprompter: once, program: predict(qa), trainset: set });
const systemOf = (lm: ReturnType<typeof scripted>, ...more: ReturnType<typeof spec>[]) =>
  startSystem({ children: [client({ name: "main", lm }), ...more], logger: false, cache: false });

test("a job of the tree goes on when its group is killed and started again", async () => {
  const { lm, gates, open } = gated();
  const nightly = spec();
  const system = await systemOf(lm, nightly);
  await until(() => gates.length === 3);
  kill(system, /^root\/teleprompters$/);
  await until(() => gates.length === 6);
  open();
  await system.job(nightly).result();
  expect(system.job(nightly).status()).toMatchObject({ state: "done", best: 100 });
  await system.stop();
});

test.each<readonly [what: string, strategy: Strategy, intensity: number]>([
  ["because a sibling crashed", "one_for_all", 3],
  ["since its supervisor had enough of a sibling, and was started again itself", "one_for_one", 0],
])("a job of the tree goes on where it was ended with its group, %s", async (_, strategy, intensity) => {
  const { lm, gates, open } = gated();
  const nightly = spec();
  const idle = behaviour<undefined, undefined>({ name: "idle", init: () => ({ state: undefined }) });
  const sibling = worker({ id: "sibling", name: "sibling", behaviour: idle, args: undefined });
  const group = supervisor({ id: "group", strategy, intensity, children: [sibling, nightly] });
  const system = await startSystem({
    children: [client({ name: "main", lm }), supervisor({ id: "upper", children: [group] })],
    logger: false,
    cache: false,
  });
  await until(() => gates.length === 3);
  kill(system, /sibling$/);
  await until(() => gates.length === 6);
  open();
  await system.job(nightly).result();
  expect(system.job(nightly).status()).toMatchObject({ state: "done", best: 100 });
  // One that is done stays so.
  kill(system, /sibling$/);
  await until(() => system.runtime.whereis("sibling") !== undefined);
  expect(lm.requests).toHaveLength(6);
  await system.stop();
});

test("a job of a system that is killed comes to an end", async () => {
  const { lm, gates } = gated();
  const nightly = spec();
  const system = await systemOf(lm, nightly);
  await until(() => gates.length === 3);
  const result = system.job(nightly).result();
  kill(system, /^root$/);
  await expect(result).rejects.toMatchObject({ name: "JobError" });
});

test("trials whose processes are killed never pass the budget of LM calls", async () => {
  const { lm, gates, open } = gated();
  const twice = program({
    name: "twice",
    parts: { ask: predict(qa) },
    version: 1,
    async forward({ ask }, { question }: { question: string }) {
      await ask({ question: `First ${question}` });
      return ask({ question });
    },
  });
  const system = await systemOf(lm);
  const handle = await system.compile(once, twice, { trainset: set, budget: { lmCalls: 10 } });
  for (let life = 0; life < 4; life += 1) {
    const before = lm.requests.length;
    await until(() => gates.length === 3 || handle.status().state === "done");
    open();
    await until(() => lm.requests.length === before + 3 || handle.status().state === "done");
    kill(system, /workers\//);
  }
  const isOver = handle.result().then(() => clearInterval(opening));
  const opening = setInterval(open, 1);
  await isOver;
  expect(lm.requests.length).toBeLessThanOrEqual(10);
  expect(handle.status()).toMatchObject({ partial: "budget", lmCalls: lm.requests.length });
  await system.stop();
});
