import { describe, expect, onTestFinished, test } from "vitest";
import { eventKind, type TelemetryEvent } from "../../src/foundation/telemetry.ts";

const EVENT: TelemetryEvent = { system: "s", systemId: "1", at: 0 };

describe("a listener that fails", () => {
  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new RangeError("no");
      },
    ],
    ["rejects", () => Promise.reject(new RangeError("no"))],
  ])("is a warning of the process, and the others are told: it %s", async (_how, fails) => {
    const warned: string[] = [];
    const note = ({ message }: Error): void => void warned.push(message);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const kind = eventKind("test:failing", "debug", () => "it fails");
    const heard: TelemetryEvent[] = [];
    for (const stop of [kind.subscribe(fails), kind.subscribe((event) => void heard.push(event))]) onTestFinished(stop);
    kind.publish(EVENT);
    expect(heard).toEqual([EVENT]);
    await expect.poll(() => warned).toEqual(["a listener of dspex:test:failing failed: RangeError: no"]);
  });
});
