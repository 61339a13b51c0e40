import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { comparable } from "./compare.ts";
import { playSupervisionCase } from "./play-supervision-case.ts";
import type { SupervisionCase } from "./supervision-case.ts";
import { virtualTime } from "./time.ts";

const file = new URL("../fixtures/otp/vectors.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, "utf8")) as { readonly vectors: readonly SupervisionCase[] };

describe("supervision, as Erlang has it", () => {
  test.each(vectors.map((played) => [played.name, played] as const))("%s", async (_name, played) => {
    const trace = await playSupervisionCase(played, virtualTime());
    expect(comparable(played, trace)).toEqual(comparable(played, played.expect));
  });
});
