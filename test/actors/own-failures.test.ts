// What a program's own code throws, as callers under a system get it.
import { afterEach, expect, test } from "vitest";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { DspexError } from "../../src/foundation/errors.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { program } from "../../src/programs/composed-program.ts";
import { readRecord, toRecord } from "../../src/programs/record.ts";
import { startSystem, type System } from "../../src/system.ts";

class OutOfStock extends DspexError<"out_of_stock"> {
  override readonly name = "OutOfStock";
}

const failure = new OutOfStock("no more tea", {
  code: "out_of_stock",
  retryable: true,
  details: { item: "tea" },
  cause: new Error("0 left"),
});

const shop = program({
  name: "shop",
  parts: {},
  forward(_parts, { fail }: { fail: "own" | "other" }): { done: boolean } {
    throw fail === "own" ? failure : new TypeError("a slip");
  },
});

let system: System;
afterEach(() => system.stop());

test("a DspexError of a program's own comes as it was thrown, and is no crash", async () => {
  const spec = programActor({ name: "shop", program: shop });
  system = await startSystem({ children: [spec], logger: false });
  await expect(forward(shop, { fail: "own" }, { clients: {} })).rejects.toBe(failure);
  await expect(system.forward(shop, { fail: "own" })).rejects.toBe(failure);
  for (const outcome of [
    await system.tryForward(shop, { fail: "own" }),
    await system.handle(spec).tryCall({ fail: "own" }),
  ]) {
    expect(outcome).toEqual({ ok: false, error: failure });
    const read = readRecord("outcome", JSON.parse(JSON.stringify(toRecord("outcome", outcome))));
    expect(!read.ok && read.error).toMatchObject({
      name: "OutOfStock",
      code: "out_of_stock",
      retryable: true,
      details: { item: "tea" },
      cause: { message: "0 left" },
    });
  }
});

test("anything else is one, with what was thrown as its cause", async () => {
  system = await startSystem({ children: [], logger: false });
  const outcome = await system.tryForward(shop, { fail: "other" });
  expect(!outcome.ok && outcome.error).toMatchObject({ code: "run_crashed", cause: { message: "a slip" } });
});
