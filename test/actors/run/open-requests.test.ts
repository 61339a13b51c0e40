import { expect, test } from "vitest";
import { OpenRequests } from "../../../src/actors/run/open-requests.ts";
import { behaviour } from "../../../src/runtime/behaviour.ts";
import { createRuntime } from "../../../src/runtime/runtime.ts";

const idle = behaviour<undefined, null>({ name: "idle", init: () => ({ state: null }) });

test("all that are under way, in order, however many", async () => {
  const runtime = createRuntime();
  const started = await Promise.all(Array.from({ length: 6 }, () => runtime.start(idle, undefined)));
  const refs = started.map((each) => {
    if (each.status !== "ok") throw new Error("did not start");
    return each.ref;
  });
  const open = new OpenRequests();
  expect(open.all()).toEqual([]);
  for (const ref of refs) open.add(ref);
  expect(open.all()).toEqual(refs);
  for (const ref of refs.slice(1)) open.delete(ref);
  expect(open.all()).toEqual(refs.slice(0, 1));
  runtime.dispose();
});
