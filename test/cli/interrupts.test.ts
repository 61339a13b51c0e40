import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { READER_GONE } from "../../src/cli/cli-world.ts";
import { interruptsOf, unlessInterrupted } from "../../src/cli/interrupts.ts";
import { testClock } from "../../src/testing/test-clock.ts";

function made() {
  const clock = testClock();
  const exits: number[] = [];
  const [stdout, stderr] = [new EventEmitter(), new EventEmitter()];
  const ours = Object.assign(new EventEmitter(), { stdout, stderr, exit: (code: number) => exits.push(code) });
  return { clock, exits, ours, signal: interruptsOf(ours, clock) };
}

describe("interruptsOf", () => {
  test.each(["SIGINT", "SIGTERM"])("%s ends it in order, a second one at once", async (name) => {
    const { clock, exits, ours, signal } = made();
    expect(signal.aborted).toBe(false);
    ours.emit(name);
    expect(signal.reason).toBe(name);
    await clock.advance(501);
    expect(exits).toEqual([]);
    ours.emit("SIGINT");
    expect(exits).toEqual([130]);
  });

  test("one Ctrl-C that comes twice, by npm, too, is one", async () => {
    const { clock, exits, ours, signal } = made();
    ours.emit("SIGINT");
    await clock.advance(100);
    ours.emit("SIGINT");
    expect(signal.aborted).toBe(true);
    expect(exits).toEqual([]);
  });

  test("a reader that leaves ends it in order; one of standard error changes nothing", () => {
    const { exits, ours, signal } = made();
    ours.stderr.emit("error", new Error("EPIPE"));
    expect(signal.aborted).toBe(false);
    ours.stdout.emit("error", new Error("EPIPE"));
    expect(signal.reason).toBe(READER_GONE);
    expect(exits).toEqual([]);
  });
});

describe("unlessInterrupted", () => {
  test("gives what the promise gives, or throws the signal's reason as soon as there is one", async () => {
    const ending = new AbortController();
    expect(await unlessInterrupted(ending.signal, Promise.resolve(3))).toBe(3);
    const waiting = unlessInterrupted(ending.signal, new Promise(() => {}));
    ending.abort("SIGINT");
    await expect(waiting).rejects.toBe("SIGINT");
    await expect(unlessInterrupted(ending.signal, Promise.reject(new Error("late")))).rejects.toBe("SIGINT");
  });
});
