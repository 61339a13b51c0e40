// What `stop` and `onSignals` are given by mistake, and in whose context an app's own code runs when a signal comes.
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, onTestFinished, test } from "vitest";
import { client } from "../src/actors/client/client.ts";
import { UsageError } from "../src/foundation/errors.ts";
import { predict } from "../src/programs/predict/predict.ts";
import { signature } from "../src/signatures/signature.ts";
import { startSystem, type System } from "../src/system.ts";
import { scripted } from "../src/testing/scripted.ts";

const qa = predict(signature("q -> a"));

async function started(): Promise<System> {
  const system = await startSystem({
    children: [client({ name: "c", lm: scripted(() => ({ a: "1" })) })],
    logger: false,
  });
  onTestFinished(() => system.stop());
  return system;
}

describe("a drain that makes no sense", () => {
  test.each([Number.NaN, "5", Symbol("soon"), -1])("is refused, and stops nothing: %o", async (drainMs) => {
    const system = await started();
    await expect(system.stop({ drainMs: drainMs as never })).rejects.toThrow(UsageError);
    expect(await system.tryForward(qa, { q: "x" })).toMatchObject({ ok: true });
  });
});

describe("signals", () => {
  test.each<[string, unknown, unknown]>([
    ["one that no process hears of", ["SIGUSR2", "SIGKILL"], {}],
    ["one that there is not", ["SIGUSR2", "SIGNONE"], {}],
    ["a text for a list", "SIGUSR2", {}],
    ["a drain that is none", ["SIGUSR2"], { drainMs: Number.NaN }],
    ["a before that is none", ["SIGUSR2"], { before: "close" }],
    ["an option that there is not", ["SIGUSR2"], { drainms: 5 }],
  ])("are looked at before any of them is listened to: %s", async (_what, signals, options) => {
    const system = await started();
    expect(() => system.onSignals(signals as never, options as never)).toThrow(UsageError);
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  });

  test("run `before` in the context in which they were asked for, whoever listened first", async () => {
    const store = new AsyncLocalStorage<string>();
    const first = (): void => {};
    store.run("who listened first", () => process.on("SIGUSR2", first));
    onTestFinished(() => void process.off("SIGUSR2", first));
    const system = await started();
    let seen: string | undefined;
    store.run("the app", () => system.onSignals(["SIGUSR2"], { before: () => (seen = store.getStore()) }));
    process.emit("SIGUSR2", "SIGUSR2");
    await system.exited;
    expect(seen).toBe("the app");
  });
});
