import { afterEach, expect, test } from "vitest";
import { client, clientName } from "../../../src/actors/client/client.ts";
import { clientRefused } from "../../../src/actors/client/client-events.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import type { RetrieverSpec } from "../../../src/retrieval/retriever.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { startSystem } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { testClock } from "../../../src/testing/test-clock.ts";

const qa = predict(signature("question -> answer"), { client: "main" });
const search = retrieve({ client: "kb", k: 1 });

const REFUSED = new LmError("no such key", { code: "auth", status: 401 });

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A model and a retriever behind one key, and what is told of it. */
async function start() {
  const clock = testClock();
  const key = { isRight: false };
  const lm = scripted(() => (key.isRight ? { answer: "Ann" } : REFUSED));
  const kb: RetrieverSpec = {
    kind: "retriever",
    name: "kb",
    open: async () => ({
      search: async () => {
        if (!key.isRight) throw REFUSED;
        return [];
      },
      close: async () => {},
    }),
  };
  const lines: string[] = [];
  const children = [client({ name: "main", lm }), client({ name: "kb", retriever: kb })];
  const system = await startSystem({ clock, logger: false, children });
  const heard: unknown[] = [];
  stops.push(
    () => system.stop(),
    clientRefused.subscribe((event) => {
      if (event.systemId !== system.id) return;
      const { client: name, state, code, status, since, times } = event;
      heard.push({ name, state, code, status, since, times });
      lines.push(clientRefused.says(event, ""));
    }),
  );
  return { clock, key, system, heard, lines };
}

test("a refused key is told once as that begins, and once as a call is answered again", async () => {
  const { clock, key, system, heard, lines } = await start();
  const since = clock.wallTime();
  await system.tryForward(qa, { question: "1" });
  await clock.advance(3_000);
  await system.tryForward(qa, { question: "2" });
  expect(heard).toEqual([{ name: "main", state: "begun", code: "auth", status: 401, since, times: 1 }]);
  key.isRight = true;
  for (const question of ["3", "4"]) await system.forward(qa, { question });
  expect(heard.slice(1)).toEqual([{ name: "main", state: "over", code: "auth", status: 401, since, times: 2 }]);
  expect(lines).toEqual([
    "client main: its key is refused (auth, 401)",
    "client main is answered again, 3 s and 2 calls after auth",
  ]);
});

test("a restart of the client neither ends it nor begins another", async () => {
  const { clock, key, system, heard } = await start();
  await system.tryForward(qa, { question: "1" });
  system.runtime.exitSignal(clientName("main"), "kill");
  await clock.settle();
  await system.tryForward(qa, { question: "2" });
  key.isRight = true;
  await system.forward(qa, { question: "3" });
  expect(heard).toMatchObject([
    { state: "begun", times: 1 },
    { state: "over", times: 2 },
  ]);
});

test("of a retriever, it is told as well", async () => {
  const { clock, key, system, heard } = await start();
  for (let calls = 0; calls < 2; calls += 1) {
    await system.tryForward(search, { query: "?" });
    await clock.settle();
  }
  key.isRight = true;
  await system.forward(search, { query: "?" });
  await clock.settle();
  expect(heard).toMatchObject([
    { name: "kb", state: "begun", code: "auth", times: 1 },
    { name: "kb", state: "over", times: 2 },
  ]);
});
