// Streams from a server on the loopback: slow, stalled, cut, and left.
import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import type { OpenAiOptions } from "../../src/lm/openai/openai.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { startSystem, type System } from "../../src/system.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServer } from "../../src/testing/openai-server.ts";
import type { OpenAiServerOptions } from "../../src/testing/server-options.ts";
import { type TestClock, testClock } from "../../src/testing/test-clock.ts";
import { until } from "../../src/testing/until.ts";
import { AT_REST, underWay } from "../actors/living-tree.ts";
import { qa } from "./chaos-world.ts";
import { answer, hear } from "./dictation.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

interface Service {
  readonly server: OpenAiServer;
  readonly system: System;
  /** The client's, which stands still. The server's goes on, where it is not given the same. */
  readonly clock: TestClock;
}

async function serve(options: OpenAiServerOptions, lm: OpenAiOptions = {}, both: boolean = false): Promise<Service> {
  const clock = testClock();
  const server = await openaiServer({ ...options, ...(both && { clock }) });
  open.push(() => server.close());
  const spec = openai("m", { baseURL: server.baseURL, apiKey: "k", env: {}, clock, ...lm });
  const system = await startSystem({
    children: [client({ name: "main", lm: spec })],
    clock,
    logger: false,
    retry: backoff({ baseMs: 0, deadlineMs: Infinity }),
  });
  open.push(() => system.stop());
  return { server, system, clock };
}

const words = (count: number): string => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");
const reply = (count: number): string => answer(words(count)).join("");

test("a slow stream is heard word by word", async () => {
  const { server, system, clock } = await serve({ replies: [reply(20)], pieceMs: 1_000 }, {}, true);
  const heard = hear("q", system.stream(qa, { question: "q" }));
  const seen: string[] = [];
  await until(async () => {
    if (seen.at(-1) !== heard.text) seen.push(heard.text);
    if (server.requests.length > 0) await clock.advanceToNext();
    return heard.settled;
  });
  expect(heard).toMatchObject({ code: "ok", value: { answer: words(20) } });
  expect(seen.length).toBeGreaterThan(15);
});

describe("what breaks in the midst of it", () => {
  test.each([
    ["cut_in_body", { code: "connection", details: { beforeFirstByte: false, attempts: 1 } }],
    ["reset_in_body", { code: "connection", details: { beforeFirstByte: false, attempts: 1 } }],
    ["cut_json", { code: "malformed_response", details: { attempts: 1 } }],
  ] as const)("%s ends the loop after half of it, and is not asked again", async (fault, failure) => {
    const { server, system } = await serve({ replies: [{ fault, text: reply(40) }] });
    const heard = hear("q", system.stream(qa, { question: "q" }));
    await until(() => heard.settled);
    expect(heard.value).toMatchObject(failure);
    expect(heard.text).toMatch(/^w0 w1 .*w\d+$/);
    expect(words(40).startsWith(heard.text)).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test("a stall ends at the idle deadline", async () => {
    const { server, system, clock } = await serve(
      { replies: [{ fault: "stall_in_body", text: reply(40) }] },
      { idleTimeoutMs: 1_000 },
    );
    const heard = hear("q", system.stream(qa, { question: "q" }));
    // The half that comes before the stall.
    await until(() => heard.text.endsWith(" w18"));
    await clock.advance(999);
    expect(heard.settled).toBe(false);
    await clock.advance(1);
    await until(() => heard.settled);
    expect(heard.value).toMatchObject({ code: "timeout", details: { phase: "idle" } });
    await until(() => server.inFlight === 0);
    expect(underWay(system.tree())).toEqual(AT_REST);
  });

  test.each(["reset_before_headers", "off_format", "empty_content"] as const)(
    "%s comes before anything was told, and nobody notices",
    async (fault) => {
      const { server, system } = await serve({ replies: [{ fault }, reply(10)] });
      const heard = hear("q", system.stream(qa, { question: "q" }));
      await until(() => heard.settled);
      expect(heard).toMatchObject({ code: "ok", text: words(10) });
      expect(server.requests).toHaveLength(2);
    },
  );

  test("an answer that was cut off at the token limit, and cannot be read", async () => {
    const text = "[[ ## answ";
    const { system } = await serve({ replies: [{ text, finishReason: "length", usage: {} }] });
    const heard = hear("q", system.stream(qa, { question: "q" }));
    await until(() => heard.settled);
    expect(heard).toMatchObject({ code: "cut_off", text: "" });
  });
});

test("leaving the loop reaches the socket within 50 ms", async () => {
  const { server, system } = await serve({ replies: [{ fault: "stall_in_body", text: reply(40) }] });
  const items = system.stream(qa, { question: "q" });
  await items.next();
  expect(server.inFlight).toBe(1);
  void items.return();
  await until(() => server.inFlight === 0, { withinMs: 50 });
  expect(underWay(system.tree())).toEqual(AT_REST);
});

describe("a loop that dawdles", () => {
  test("is no stall: the idle time counts only while somebody waits", async () => {
    const { system, clock } = await serve({ replies: [reply(200)] }, { idleTimeoutMs: 1_000 });
    const items = system.stream(qa, { question: "q" });
    let text = "";
    for await (const item of items) {
      if (item.type === "part") text += item.delta;
      if (item.type === "part" && /w(?:5|50|150)$/.test(text)) await clock.advance(5_000);
    }
    expect(text).toBe(words(200));
  });

  test("makes the server wait, however long the answer is", async () => {
    const big = "x".repeat(2_000);
    const text = `[[ ## answer ## ]]\n${`${big} `.repeat(10_000)}`;
    const { server, system } = await serve({ replies: [text] });
    const items = system.stream(qa, { question: "q" });
    await items.next();
    // 20 MB are more than sockets hold on their way.
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(server.requests[0]?.outcome).toBe("pending");
    await items.return();
    await until(() => server.requests[0]?.outcome === "aborted");
  });
});
