import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ActorCase } from "./actor-case.ts";
import { playActorCase } from "./play-actor-case.ts";
import { virtualTime } from "./time.ts";

const file = new URL("../fixtures/otp/actors.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly ActorCase[] };

describe("GenServer, links, monitors, names and timers, as Erlang has them", () => {
  test.each(cases.map((played) => [played.name, played] as const))("%s", async (_name, played) => {
    expect(await playActorCase(played, virtualTime())).toEqual(played.expect);
  });
});
