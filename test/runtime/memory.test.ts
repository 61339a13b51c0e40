import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { makeWorld, runner } from "./world.ts";

describe("a hundred thousand actors that came and went", () => {
  test("leave nothing behind in the runtime", async () => {
    const { runtime, clock } = makeWorld();
    for (let batch = 0; batch < 100; batch += 1) {
      const started = await Promise.all(Array.from({ length: 1_000 }, () => runtime.start(runner, undefined)));
      await Promise.all(started.flatMap((result) => (result.status === "ok" ? [runtime.stop(result.ref)] : [])));
    }
    expect(runtime.activity()).toEqual({ live: 0, scheduled: 0, busy: 0 });
    expect(runtime.names()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("the memory of an actor", () => {
  test("is given back: state, messages, handlers under way, and all but a small ref's worth of the rest", async () => {
    const program = fileURLToPath(new URL("./memory-program.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program], { timeout: 60_000 });
    const { statesLeft, messagesLeft, deadLeft, bytesPerIdle, bytesPerDead } = JSON.parse(stdout) as Record<
      string,
      number
    >;
    expect({ statesLeft, messagesLeft, deadLeft }).toEqual({ statesLeft: 0, messagesLeft: 0, deadLeft: 0 });
    // A nact actor that does nothing takes about 1,250 bytes.
    expect(bytesPerIdle).toBeLessThan(1_000);
    expect(bytesPerDead).toBeLessThan(100);
  });
});
