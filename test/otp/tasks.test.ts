import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { playTaskCase } from "./play-task-case.ts";
import type { TaskCase } from "./task-case.ts";
import { virtualTime } from "./time.ts";

const file = new URL("../fixtures/otp/tasks.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly TaskCase[] };

describe("tasks, as Elixir has them", () => {
  test.each(cases.map((played) => [played.name, played] as const))("%s", async (_name, played) => {
    expect(await playTaskCase(played, virtualTime())).toEqual(played.expect);
  });
});
