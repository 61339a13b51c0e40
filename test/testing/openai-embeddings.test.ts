import { afterEach, expect, test } from "vitest";
import { openaiServer, type OpenAiServer } from "../../src/testing/openai-server.ts";
import { type OpenAiServerOptions } from "../../src/testing/server-options.ts";

const running: OpenAiServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function start(options: Omit<OpenAiServerOptions, "replies"> = {}): Promise<OpenAiServer> {
  const server = await openaiServer({ replies: [], ...options });
  running.push(server);
  return server;
}

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
  readonly usage: object;
}

function post(server: OpenAiServer, body: object | string): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify({ model: "m", ...body });
  return fetch(`${server.baseURL}/embeddings`, { method: "POST", body: text });
}

async function vectors(
  server: OpenAiServer,
  input: string | readonly string[],
): Promise<readonly (readonly number[])[]> {
  // The server's own answer.
  const { data } = (await (await post(server, { input })).json()) as Answer;
  return data.map(({ embedding }) => embedding);
}

const cosine = (a: readonly number[] = [], b: readonly number[] = []): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

test("each text gets a vector by its words, the same every time, near to those that share some", async () => {
  const server = await start();
  const [lake, fountain, carnival] = await vectors(server, ["the lake", "a fountain in THE LAKE", "one carnival"]);
  expect(cosine(lake, lake)).toBeCloseTo(1, 5);
  expect(cosine(lake, fountain)).toBeGreaterThan(0.5);
  expect(cosine(lake, carnival)).toBeLessThan(0.1);
  expect(await vectors(server, "the lake")).toEqual([lake]);
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]?.embeddings).toEqual({ model: "m", input: "the lake" });
});

test.each<[string, object | string, number]>([
  ["no JSON", "hello", 400],
  ["no input", { messages: [] }, 400],
  ["an empty text", { input: ["a", ""] }, 400],
  ["too many texts", { input: Array.from({ length: 2_049 }, () => "a") }, 400],
  ["another model", { model: "others", input: "a" }, 404],
])("%s is refused", async (_what, body, status) => {
  expect((await post(await start({ models: ["m"] }), body)).status).toBe(status);
});

test("faults are drawn from the plan, and told apart by the function, without touching the replies of chats", async () => {
  const planned = await start({ faults: { rates: { server_error: 0.5 }, seed: 3 } });
  const statuses = [];
  for (let index = 0; index < 20; index += 1) statuses.push((await post(planned, { input: "a" })).status);
  expect(new Set(statuses)).toEqual(new Set([200, 500]));
  expect(planned.counts.faults).toEqual({ server_error: statuses.filter((status) => status === 500).length });
  const told = await start({ embeddings: (_body, index) => (index === 0 ? { status: 429 } : undefined) });
  expect([(await post(told, { input: "a" })).status, (await post(told, { input: "a" })).status]).toEqual([429, 200]);
});
