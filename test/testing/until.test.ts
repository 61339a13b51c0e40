import { expect, test } from "vitest";
import { until } from "../../src/testing/until.ts";

test("gives the value as soon as it is there", async () => {
  let turns = 0;
  expect(await until(() => (turns++ > 3 ? "there" : undefined))).toBe("there");
});

test("says what did not come true", async () => {
  await expect(until(() => false, { what: "the server is up", withinMs: 0 })).rejects.toThrow(
    "until: the server is up did not come true within 0 ms",
  );
});
