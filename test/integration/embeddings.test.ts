// An index by meaning, as a client in the tree, over a server on this machine.
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { retrieverName } from "../../src/actors/client/retriever-client.ts";
import { openaiEmbedder } from "../../src/lm/openai/embedder.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { drawTree } from "../../src/observer/draw-tree.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { embeddingIndex } from "../../src/retrieval/embedding-index.ts";
import { startSystem, type System } from "../../src/system.ts";
import { openaiServer, type OpenAiServer } from "../../src/testing/openai-server.ts";
import { type OpenAiServerOptions } from "../../src/testing/server-options.ts";
import { until } from "../../src/testing/until.ts";
import { nodes } from "../actors/living-tree.ts";
import { describeRetriever, TOWNS } from "../conformance/retriever.ts";
import { KEY } from "../lm/served-model.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const search = retrieve({ client: "kb", k: 1 });
const geneva = { passages: [TOWNS[1]?.text], found: [expect.objectContaining({ source: "geneva" })] };
/** Without waits: it is real time that passes here. */
const retry = backoff({ baseMs: 0, maxAttempts: 3 });

async function serve(options: Omit<OpenAiServerOptions, "replies"> = {}): Promise<OpenAiServer> {
  const server = await openaiServer({ replies: [], ...options });
  open.push(() => server.close());
  return server;
}

function index({ baseURL }: OpenAiServer, batchSize = 200) {
  const embed = openaiEmbedder("test-embedding", { apiKey: KEY, baseURL, env: {}, batchSize });
  return embeddingIndex({ documents: TOWNS, embed, retry });
}

async function start(server: OpenAiServer, batchSize?: number): Promise<System> {
  const kb = client({ name: "kb", retriever: index(server, batchSize) });
  const system = await startSystem({ children: [kb], logger: false, retry });
  open.push(() => system.stop());
  return system;
}

function info(system: System): Readonly<Record<string, unknown>> {
  return nodes(system.tree()).find(({ id }) => id === "kb")?.info ?? {};
}

function kill(system: System): void {
  const ref = system.runtime.whereis(retrieverName("kb").name);
  if (ref === undefined) throw new Error("the client is not there");
  system.runtime.exitSignal(ref, "kill");
}

describeRetriever("embeddingIndex over the openai client", async () => {
  const server = await openaiServer({ replies: [] });
  return { spec: index(server), cleanup: () => server.close() };
});

describe("under supervision", () => {
  test("a program finds by meaning; the tokens are counted in the prediction and in the tree", async () => {
    const server = await serve({ apiKey: KEY });
    const system = await start(server, 3);
    const found = await system.forward(search, { query: "a lake with a fountain" });
    expect(found).toEqual(geneva);
    expect(server.requests.map(({ embeddings }) => embeddings?.input.length)).toEqual([3, 1, 1]);
    expect(found.$meta.usage).toEqual({ inputTokens: 6, outputTokens: 0, totalTokens: 6 });
    const passages = TOWNS.reduce((sum, { text }) => sum + Math.ceil(text.length / 4), 0);
    expect(info(system)).toMatchObject({
      retriever: "embedding index",
      model: "test-embedding",
      passages: 4,
      tokens: { inputTokens: passages + 6 },
    });
    expect(drawTree(system.tree())).toContain("kb  client (embedding index, test-embedding, 4 passages");
  });

  test("the key is nowhere in the tree", async () => {
    const system = await start(await serve({ apiKey: KEY }));
    expect(inspect([system.tree(), system], { depth: 20, showHidden: true })).not.toContain(KEY);
  });

  test("a batch that fails is asked for again by the index, a search by its run: neither more often than it may", async () => {
    const failing = new Set([0, 2, 4, 5, 6]);
    const server = await serve({ embeddings: (_, at) => (failing.has(at) ? { status: 503 } : undefined) });
    const system = await start(server, 2);
    expect(server.counts.requests).toBe(4);
    expect(await system.tryForward(search, { query: "lake" })).toMatchObject({
      ok: false,
      error: { code: "overloaded", details: { attempts: 3 } },
    });
    expect(server.counts.requests).toBe(7);
  });

  test("an index that cannot be had ends the start with the failure, after maxAttempts requests", async () => {
    const server = await serve({ embeddings: () => ({ status: 500 }) });
    await expect(start(server)).rejects.toMatchObject({
      code: "start_failed",
      cause: { code: "server", details: { attempts: 3 } },
    });
    expect(server.counts.requests).toBe(3);
    await until(() => server.connections === 0);
    const locked = await serve({ apiKey: "another" });
    await expect(start(locked)).rejects.toMatchObject({ cause: { code: "auth" } });
    expect(locked.counts.requests).toBe(1);
  });

  test("a client killed in the middle of indexing lets its request go, and the next one indexes from the beginning", async () => {
    // The first start asks for 0 and 1, the second hangs in 3, the third asks for 4 and 5.
    const server = await serve({ embeddings: (_, at) => (at === 3 ? { fault: "stall_before_headers" } : undefined) });
    const system = await start(server, 2);
    kill(system);
    await until(() => server.requests[3]?.outcome === "faulted");
    expect(server.inFlight).toBe(1);
    kill(system);
    await until(() => server.counts.requests === 6 && server.inFlight === 0);
    expect(await system.forward(search, { query: "a lake with a fountain" })).toEqual(geneva);
    expect(server.counts.requests).toBe(7);
    // Of the incarnations before, no connection is left.
    await until(() => server.connections === 1);
  });

  test("a system that stops closes the connections", async () => {
    const server = await serve();
    const system = await start(server);
    expect(server.connections).toBe(1);
    await system.stop();
    await until(() => server.connections === 0 && server.inFlight === 0);
  });
});
