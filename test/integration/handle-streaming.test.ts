// A program's actor tells its answers as they come: its line, its limits and its upgrade hold for these calls too.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor, type ProgramActorOptions } from "../../src/actors/program/program-actor.ts";
import { AT_REST, living, underWay } from "../actors/living-tree.ts";
import { playOut, tally, untyped } from "../actors/outcomes.ts";
import { asked, kill, qa, useWorlds } from "./chaos-world.ts";
import { answer, dictation, type Dictation, hear, type Heard } from "./dictation.ts";

const { start } = useWorlds();

type Hosted = Partial<ProgramActorOptions<{ question: string }, { answer: string }>>;

async function hosted(options: Hosted = {}) {
  let lm: Dictation | undefined;
  const spec = programActor({ name: "qa", program: qa, ...options });
  const world = await start((clock) => {
    lm = dictation(clock, 100, (request) => answer(`re ${asked(request)} one two three`));
    return [client({ name: "main", lm }), spec];
  });
  const handle = world.system.handle(spec);
  const listen = (count: number, more?: Parameters<typeof handle.stream>[1]): Heard[] =>
    Array.from({ length: count }, (_, index) => {
      const question = `q${index}`;
      return hear(question, handle.stream({ question }, more));
    });
  return { ...world, handle, listen, lm: lm as Dictation };
}

describe("a stream through a program's actor", () => {
  test("waits in its line, tells what comes, and ends with the prediction", async () => {
    const { system, clock, listen } = await hosted({ maxConcurrency: 2 });
    const all = listen(5);
    await clock.advance(350);
    expect(underWay(system.tree())).toMatchObject({ runs: 2, running: 2, waiting: 3 });
    expect(all.map(({ text }) => text)).toEqual(["re q0", "re q1", "", "", ""]);
    expect(await playOut(clock, all)).toEqual([]);
    expect(tally(all)).toEqual({ ok: 5 });
    for (const { what, text, value } of all) {
      expect(text).toBe(`re ${what} one two three`);
      expect(value).toEqual({ answer: text });
    }
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("beyond the places in line is busy", async () => {
    const { clock, listen } = await hosted({ maxConcurrency: 1, maxWaiting: 1 });
    const all = listen(3);
    expect(await playOut(clock, all)).toEqual([]);
    expect(tally(all)).toEqual({ ok: 2, busy: 1 });
  });

  test("whose loop is left ends its run and its request; one in line never starts", async () => {
    const { system, clock, handle, lm } = await hosted({ maxConcurrency: 1 });
    const [first, second] = [handle.stream({ question: "q1" }), handle.stream({ question: "q2" })];
    const part = first.next();
    const never = second.next();
    await clock.advance(300);
    expect((await part).value).toMatchObject({ type: "part", predictor: "self", field: "answer" });
    expect([lm.live, underWay(system.tree()).waiting]).toEqual([1, 1]);
    await second.return();
    await first.return();
    expect([(await never).done, (await first.next()).done]).toEqual([true, true]);
    await clock.settle();
    expect([lm.live, lm.requests]).toEqual([0, 1]);
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(clock.pending).toBe(0);
  });

  test("does not begin before its loop does", async () => {
    const { clock, handle, lm } = await hosted();
    const stream = handle.stream({ question: "q1" });
    await clock.advance(1_000);
    expect(lm.requests).toBe(0);
    await stream.return();
  });

  test("in line when the program is upgraded is told by the new one", async () => {
    const { clock, handle, listen } = await hosted({ maxConcurrency: 1 });
    const all = listen(2);
    await clock.advance(50);
    const calls: string[] = [];
    handle.upgrade({
      ...qa,
      name: "better",
      forward: (inputs, context) => {
        calls.push(inputs.question);
        return qa.forward(inputs, context);
      },
    });
    expect(await playOut(clock, all)).toEqual([]);
    expect([tally(all), calls]).toEqual([{ ok: 2 }, ["q1"]]);
  });

  test("whose time is over, in line or under way, ends in the one timeout", async () => {
    const { clock, system, listen, lm } = await hosted({ maxConcurrency: 1 });
    const all = listen(2, { timeoutMs: 250 });
    expect(await playOut(clock, all)).toEqual([]);
    expect(tally(all)).toEqual({ timeout: 2 });
    await clock.advance(1);
    expect([lm.live, underWay(system.tree())]).toEqual([0, AT_REST]);
  });

  test.each(["program/qa", "program/qa/runs"])(
    "whose %s is killed hears of it, and the next one is answered",
    async (victim) => {
      const world = await hosted();
      const all = world.listen(3);
      await world.clock.advance(250);
      world.kill(victim);
      expect(await playOut(world.clock, all)).toEqual([]);
      expect([untyped(all), all.every(({ code }) => code !== "ok")]).toEqual([[], true]);
      const next = world.listen(3);
      expect(await playOut(world.clock, next)).toEqual([]);
      expect([tally(next), world.lm.live]).toEqual([{ ok: 3 }, 0]);
    },
  );

  test("whose run is killed hears of it, and nobody else does", async () => {
    const { system, clock, listen } = await hosted();
    const all = listen(3);
    await clock.advance(250);
    kill(system, living(system.runtime, system.root).find(({ type }) => type === "run")?.ref);
    expect(await playOut(clock, all)).toEqual([]);
    expect(tally(all)).toEqual({ run_crashed: 1, ok: 2 });
  });

  test("that is under way when the system drains is told to its end; later ones are refused", async () => {
    const { system, clock, listen } = await hosted();
    const all = listen(2);
    await clock.advance(250);
    const stopped = system.stop({ drainMs: 10_000 });
    const late = listen(1);
    expect(await playOut(clock, [...all, ...late])).toEqual([]);
    expect([tally(all), tally(late)]).toEqual([{ ok: 2 }, { program_down: 1 }]);
    await stopped;
    expect(clock.pending).toBe(0);
  });
});
