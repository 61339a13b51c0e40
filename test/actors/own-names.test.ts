import { afterEach, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { ownName } from "../../src/actors/own-names.ts";
import { programActor, programName } from "../../src/actors/program/program-actor.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { behaviour } from "../../src/runtime/behaviour.ts";
import { signature } from "../../src/signatures/signature.ts";
import { type ChildSpec, worker } from "../../src/supervisors/child-spec.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { until } from "../../src/testing/until.ts";

const systems: System[] = [];
afterEach(async () => {
  for (const system of systems.splice(0)) await system.stop();
});

async function start(children: readonly ChildSpec[]): Promise<System> {
  const system = await startSystem({ logger: false, children });
  systems.push(system);
  return system;
}

const qa = predict(signature("question -> answer"), { name: "qa" });
const main = client({ name: "main", lm: scripted(() => ({ answer: "Ann" })) });
const plain = behaviour<undefined, null>({ name: "plain", init: () => ({ state: null }) });
const named = (name: string, id = name): ChildSpec => worker({ id, behaviour: plain, args: undefined, name });

test("no two of them are one, whatever the names hold", () => {
  expect(ownName("client", "main")).toBe("client/main");
  expect(ownName("program", "a", "runs")).toBe("program/a/runs");
  const names = ["a", "a/runs", "a%2Fruns", "a%", "/", ""];
  const all = names.flatMap((name) => [ownName("program", name), ownName("program", name, "runs")]);
  expect(new Set(all).size).toBe(2 * names.length);
});

test("programs whose names are as those of one another's parts answer each by itself, also after a restart", async () => {
  const specs = ["a", "a/runs", "a/runs/runs", "a%2Fruns", "runs", "server"].map((name) =>
    programActor({ name, program: qa }),
  );
  const system = await start([main, ...specs]);
  const ask = (spec: (typeof specs)[number]) => system.handle(spec).call({ question: "Who?" });
  for (const spec of specs) expect(await ask(spec)).toMatchObject({ answer: "Ann" });
  for (const spec of specs) system.runtime.exitSignal(programName(spec.name), "kill");
  await until(() => specs.every((spec) => system.runtime.whereis(programName(spec.name).name) !== undefined));
  for (const spec of specs) expect(await ask(spec)).toMatchObject({ answer: "Ann" });
});

test("users' own workers may be called as the system's groups are", async () => {
  const system = await start([
    main,
    ...["runs", "cache", "clients", "programs", "lm/cache"].map((name) => named(name, `my ${name}`)),
  ]);
  expect(await system.forward(qa, { question: "Who?" })).toMatchObject({ answer: "Ann" });
});

test.each(["client/main", "program/qa", "program/qa/runs", "system/runs", "system/cache"])(
  "one that is called %s is refused at the start, in words",
  async (name) => {
    await expect(start([main, programActor({ name: "qa", program: qa }), named(name, "mine")])).rejects.toMatchObject({
      code: "start_failed",
      message:
        'the system could not start: child "mine" failed to start: already_started ' +
        "(its name is taken; the system's own names begin with client/, program/ and system/)",
    });
  },
);

test.each<[string, unknown, string]>([
  [
    "an id of a group",
    { ...named("x", "runs"), kind: "other" },
    'the child id "runs" is taken by the system\'s own group',
  ],
  ["no id", { start: named("x").start }, "a child's id must be a text that is not empty, got undefined"],
])("a child with %s is misuse", async (_what, spec, message) => {
  await expect(start([spec as ChildSpec])).rejects.toMatchObject({
    name: "UsageError",
    message: `startSystem: ${message}`,
  });
});
