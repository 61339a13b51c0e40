import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../../src/actors/client/client.ts";
import { retrieverName, type RetrieverClientOptions } from "../../../src/actors/client/retriever-client.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { backoff } from "../../../src/lm/retry/retry-policy.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { retrieve } from "../../../src/programs/modules/retrieve.ts";
import type { Passage, Retriever, RetrieverSpec, SearchOptions } from "../../../src/retrieval/retriever.ts";
import { textIndex } from "../../../src/retrieval/text-index.ts";
import { startSystem, type System, type SystemOptions } from "../../../src/system.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { type TestClock, testClock } from "../../../src/testing/test-clock.ts";
import { until } from "../../../src/testing/until.ts";
import { TOWNS } from "../../conformance/retriever.ts";
import { living, nodes } from "../living-tree.ts";

const kb = textIndex({ documents: TOWNS });
const search = retrieve({ client: "kb", k: 1 });
const query = { query: "carnival" };
const found = { passages: [TOWNS[2]?.text] };

const systems: System[] = [];
afterEach(async () => {
  const left: object[] = [];
  for (const system of systems.splice(0)) {
    await system.stop();
    left.push(system.runtime.activity());
  }
  const clean = left.every((activity) => Object.values(activity).every((count) => count === 0));
  if (!clean) throw new Error(`something outlived its system: ${JSON.stringify(left)}`);
});

async function start(
  children: SystemOptions["children"],
  options: Partial<SystemOptions> = {},
): Promise<{ readonly system: System; readonly clock: TestClock }> {
  const clock = testClock();
  const system = await startSystem({
    children,
    logger: false,
    clock,
    retry: backoff({ jitter: "none", baseMs: 100, maxAttempts: 3 }),
    ...options,
  });
  systems.push(system);
  return { system, clock };
}

/** Searches that last until they are told to end. */
interface Held {
  readonly spec: RetrieverSpec;
  readonly open: { readonly query: string; readonly signal: AbortSignal | undefined; end(result: unknown): void }[];
  opened: number;
  closed: number;
}

function held(): Held {
  const open: Held["open"] = [];
  const opening = async (): Promise<Retriever> => {
    made.opened += 1;
    let isClosed = false;
    return {
      search: (asked: string, _k: number, { signal }: SearchOptions = {}) =>
        new Promise<readonly Passage[]>((resolve, reject) => {
          const end = (result: unknown): void => {
            if (result instanceof Error) reject(result);
            else resolve([{ text: String(result), score: 1, source: "held" }]);
          };
          open.push({ query: asked, signal, end });
        }),
      close: async () => {
        if (!isClosed) made.closed += 1;
        isClosed = true;
      },
    };
  };
  const made: Held = { spec: { kind: "retriever", name: "held", open: opening }, open, opened: 0, closed: 0 };
  return made;
}

function info(system: System): Readonly<Record<string, unknown>> {
  return nodes(system.tree()).find(({ id }) => id === "kb")?.info ?? {};
}

describe("what makes no sense is said at once", () => {
  test.each<[string, object, string]>([
    ["no name", { name: "", retriever: kb }, 'client: name must be a text that is not empty, got ""'],
    [
      "no retriever",
      { name: "kb", retriever: "docs" },
      'client "kb": retriever must be one such as textIndex({ … }), got "docs"',
    ],
    [
      "a model too",
      { name: "kb", retriever: kb, lm: scripted([]) },
      'client "kb": it has an lm or a retriever, not both',
    ],
    [
      "an adapter",
      { name: "kb", retriever: kb, adapter: 1 },
      'client "kb": no option "adapter"; there are name, retriever, limits',
    ],
    [
      "a rate",
      { name: "kb", retriever: kb, limits: { requestsPerMinute: 1 } },
      'client "kb": limits: no limit "requestsPerMinute"; there is concurrency',
    ],
    [
      "no search at all",
      { name: "kb", retriever: kb, limits: { concurrency: 0 } },
      'client "kb": limits.concurrency must be a whole number above 0, got 0',
    ],
  ])("%s", (_what, options, message) => {
    expect(() => client(options as RetrieverClientOptions)).toThrow(new UsageError(message));
  });

  test("an index without a file fails the start, in one line", async () => {
    const started = startSystem({
      children: [client({ name: "kb", retriever: textIndex({ documents: "nowhere/*.md" }) })],
      logger: false,
    });
    await expect(started).rejects.toThrow(
      new UsageError(`textIndex: no file matches "nowhere/*.md" in ${process.cwd()}`),
    );
  });

  test("two clients of one name, a model's and a retriever's", async () => {
    const children = [client({ name: "kb", retriever: kb }), client({ name: "kb", lm: scripted([]) })];
    await expect(startSystem({ children, logger: false })).rejects.toThrow('two children are called "kb"');
  });
});

describe("a retriever in the tree", () => {
  test("answers a program as it does bare", async () => {
    const { system } = await start([client({ name: "kb", retriever: kb })]);
    expect(await system.forward(search, query)).toMatchObject(found);
    expect(living(system.runtime, system.root).map(({ path }) => path)).toContain("root/clients/kb");
    expect(info(system)).toMatchObject({ kind: "client", retriever: "text index", inFlight: 0, waiting: 0 });
  });

  test("is named among retrievers, and no client of models", async () => {
    const { system } = await start([client({ name: "kb", retriever: kb })]);
    await expect(system.forward(retrieve({ client: "docs" }), query)).rejects.toThrow(
      'there is no retriever "docs"; there are: kb',
    );
    expect(() => system.inspectHistory("kb")).toThrow('there is no client "kb"');
    expect(system.usage().requests).toBe(0);
  });

  test("searches so many at once as it may, the others in order, and shows them", async () => {
    const slow = held();
    const { system } = await start([client({ name: "kb", retriever: slow.spec, limits: { concurrency: 2 } })]);
    const calls = ["a", "b", "c"].map((each) => system.forward(search, { query: each }));
    await until(() => info(system)["waiting"] === 1);
    expect(slow.open.map(({ query: asked }) => asked)).toEqual(["a", "b"]);
    expect(info(system)).toMatchObject({ inFlight: 2, waiting: 1, concurrency: 2 });
    expect(nodes(system.tree()).filter(({ type }) => type === "search")).toHaveLength(3);
    slow.open[1]?.end("B");
    expect(await calls[1]).toMatchObject({ passages: ["B"] });
    await until(() => slow.open.length === 3);
    for (const { end, query: asked } of slow.open) end(asked.toUpperCase());
    expect(await Promise.all(calls)).toMatchObject(["A", "B", "C"].map((text) => ({ passages: [text] })));
  });

  test("lets a user go before an optimizer", async () => {
    const slow = held();
    const { system } = await start([client({ name: "kb", retriever: slow.spec, limits: { concurrency: 1 } })]);
    const first = system.forward(search, { query: "first" });
    await until(() => slow.open.length === 1);
    const others = (["optimizer", "user"] as const).map((priority) =>
      system.forward(search, { query: priority }, { priority }),
    );
    await until(() => info(system)["waiting"] === 2);
    for (const index of [0, 1, 2]) {
      await until(() => slow.open.length > index);
      slow.open[index]?.end("x");
    }
    await Promise.all([first, ...others]);
    expect(slow.open.map(({ query: asked }) => asked)).toEqual(["first", "user", "optimizer"]);
  });

  test("serves shares in turn", async () => {
    const slow = held();
    const { system } = await start([client({ name: "kb", retriever: slow.spec, limits: { concurrency: 1 } })]);
    const first = system.forward(search, { query: "first" });
    await until(() => slow.open.length === 1);
    const others = ["a1", "a2", "a3", "b1"].map((each) =>
      system.forward(search, { query: each }, { share: each.slice(0, 1) }),
    );
    await until(() => info(system)["waiting"] === 4);
    for (const index of [0, 1, 2, 3, 4]) {
      await until(() => slow.open.length > index);
      slow.open[index]?.end("x");
    }
    await Promise.all([first, ...others]);
    expect(slow.open.map(({ query: asked }) => asked)).toEqual(["first", "a1", "b1", "a2", "a3"]);
  });
});

describe("what fails", () => {
  test("with a code is tried again, and ends the call with that code", async () => {
    const slow = held();
    const { system, clock } = await start([client({ name: "kb", retriever: slow.spec })]);
    const call = system.tryForward(search, query);
    for (const index of [0, 1, 2]) {
      await until(() => slow.open.length > index);
      slow.open[index]?.end(new LmError("no route", { code: "connection" }));
      await clock.advance(500);
    }
    expect(await call).toMatchObject({ ok: false, error: { code: "connection", details: { attempts: 3 } } });
    expect(info(system)).toMatchObject({ inFlight: 0, waiting: 0 });
  });

  test("by a bug is a search that crashed: nobody else notices", async () => {
    const slow = held();
    const { system, clock } = await start([client({ name: "kb", retriever: slow.spec })]);
    const [crashing, other] = ["crash", "other"].map((each) => system.tryForward(search, { query: each }));
    await until(() => slow.open.length === 2);
    slow.open.find(({ query: asked }) => asked === "crash")?.end(new TypeError("a bug"));
    await clock.advance(500);
    await until(() => slow.open.length === 3);
    slow.open[2]?.end("at last");
    slow.open.find(({ query: asked }) => asked === "other")?.end("fine");
    expect(await crashing).toMatchObject({ ok: true, value: { passages: ["at last"] } });
    expect(await other).toMatchObject({ ok: true, value: { passages: ["fine"] } });
    expect(slow.opened).toBe(1);
  });

  test("a killed client is started again, and the searches under it are made again", async () => {
    const slow = held();
    const { system, clock } = await start([client({ name: "kb", retriever: slow.spec })]);
    const call = system.tryForward(search, query);
    await until(() => slow.open.length === 1);
    const ref = system.runtime.whereis(retrieverName("kb").name);
    if (ref === undefined) throw new Error("the client is not there");
    system.runtime.exitSignal(ref, "kill");
    await until(() => slow.opened === 2);
    expect(slow.closed).toBe(1);
    expect(slow.open[0]?.signal?.aborted).toBe(true);
    await clock.advance(500);
    await until(() => slow.open.length === 2);
    slow.open[1]?.end("again");
    expect(await call).toMatchObject({ ok: true, value: { passages: ["again"], $meta: { attempts: 2 } } });
  });
});

describe("nobody searches for a caller that is gone", () => {
  test.each<[string, { readonly timeoutMs?: number }, string]>([
    ["who gave up", {}, "cancelled"],
    ["whose time is over", { timeoutMs: 100 }, "timeout"],
  ])("%s", async (_who, options, code) => {
    const slow = held();
    const { system, clock } = await start([client({ name: "kb", retriever: slow.spec, limits: { concurrency: 1 } })]);
    const controller = new AbortController();
    const call = system.tryForward(search, query, { ...options, signal: controller.signal });
    await until(() => slow.open.length === 1);
    const next = system.tryForward(search, query);
    await until(() => info(system)["waiting"] === 1);
    if (options.timeoutMs === undefined) controller.abort();
    await clock.advance(100);
    expect(await call).toMatchObject({ ok: false, error: { code } });
    // Its place is free for whoever waits.
    await until(() => slow.open.length === 2);
    expect(slow.open[0]?.signal?.aborted).toBe(true);
    slow.open[1]?.end("next");
    expect(await next).toMatchObject({ ok: true });
  });

  test("a system that stops closes the retriever", async () => {
    const slow = held();
    const { system } = await start([client({ name: "kb", retriever: slow.spec })]);
    const call = system.tryForward(search, query);
    await until(() => slow.open.length === 1);
    await system.stop();
    expect(await call).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect({ opened: slow.opened, closed: slow.closed }).toEqual({ opened: 1, closed: 1 });
  });

  test("searches side by side end together", async () => {
    const slow = held();
    const { system } = await start([client({ name: "kb", retriever: slow.spec })]);
    const fan = program({
      name: "fan",
      parts: { search },
      forward: async (parts, { n }: { n: number }) => {
        await Promise.all(Array.from({ length: n }, (_, index) => parts.search({ query: String(index) })));
        return {};
      },
    });
    const controller = new AbortController();
    const call = system.tryForward(fan, { n: 100 }, { signal: controller.signal });
    await until(() => slow.open.length === 100);
    controller.abort();
    expect(await call).toMatchObject({ ok: false, error: { code: "cancelled" } });
    await until(() => info(system)["inFlight"] === 0);
    expect(slow.open.every(({ signal }) => signal?.aborted)).toBe(true);
  });
});
