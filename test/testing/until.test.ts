import { expect, test } from "vitest";
import { systemClock } from "../../src/foundation/clock.ts";
import { until } from "../../src/testing/until.ts";

test("gives the value as soon as it is there", async () => {
  let turns = 0;
  expect(await until(() => (turns++ > 3 ? "there" : undefined))).toBe("there");
});

test("gives nobody up because the process had to wait for its turn", async () => {
  let turns = 0;
  const busy = (): void => {
    for (const from = systemClock.now(); systemClock.now() - from < 80;);
  };
  const looks = (): boolean => {
    setImmediate(busy);
    return (turns += 1) > 3;
  };
  expect(await until(looks, { withinMs: 50 })).toBe(true);
});

test("says what did not come true", async () => {
  await expect(until(() => false, { what: "the server is up", withinMs: 0 })).rejects.toThrow(
    "until: the server is up did not come true within 0 ms",
  );
});
