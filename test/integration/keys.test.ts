// Where a key could get out of a running system: everything it says, keeps, shows or writes is searched for it.
import { readdir, readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import * as dspex from "../../src/index.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";

const KEY = "sk-live-4f1e0c9a8b7d6e5f";
const HEADER = "gateway-token-77aa88bb";
const PASSWORD = "proxy-password-99cc";
const SECRETS = [KEY, HEADER, PASSWORD];

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** As a person who prints it would see it, and as it would be sent. */
function everything(value: unknown): string {
  return `${inspect(value, { depth: 30, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null })}\n${json(value)}`;
}

function json(value: unknown): string {
  const seen = new Set<unknown>();
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "bigint") return String(inner);
      if (typeof inner !== "object" || inner === null) return inner;
      if (seen.has(inner)) return "again";
      seen.add(inner);
      return inner instanceof Error
        ? { ...inner, message: inner.message, stack: inner.stack, cause: inner.cause }
        : inner;
    }) ?? ""
  );
}

function isEventKind(value: unknown): value is dspex.EventKind<dspex.TelemetryEvent> {
  return typeof value === "object" && value !== null && "subscribe" in value && "active" in value;
}

test("a key, a secret header and a proxy's password are nowhere in what a system says, shows, keeps or writes", async () => {
  const dir = await mkdtemp(join(tmpdir(), "dspex-keys-"));
  closing.push(() => rm(dir, { recursive: true, force: true }));
  const echo = (): string => `you sent ${server.requests.at(-1)?.headers.authorization} and ${HEADER}`;
  const server = await openaiServer({
    // Every way in which a provider may say the key back, and an ordinary answer.
    answer: (_request, index) =>
      [
        { status: 401, body: { error: { message: echo(), code: echo() } } },
        { status: 400, body: echo() },
        { status: 500, body: { detail: echo() } },
        { fault: "reset_before_headers" as const },
        { status: 429, body: { error: { message: echo(), type: "requests" } }, headers: { "retry-after": "0" } },
        "[[ ## answer ## ]]\nBob\n\n[[ ## completed ## ]]",
      ][Math.min(index, 5)] ?? "",
  });
  closing.push(() => server.close());

  const said: string[] = [];
  const exported: readonly unknown[] = Object.values(dspex);
  const kinds = exported.filter(isEventKind);
  expect(kinds.length).toBeGreaterThan(10);
  const stops = kinds.map((kind) => kind.subscribe((event) => said.push(everything(event))));
  closing.push(async () => stops.forEach((stop) => stop()));

  const lm = dspex.openai("test-model", {
    apiKey: KEY,
    baseURL: server.baseURL,
    headers: { "x-gateway": HEADER },
    env: { HTTPS_PROXY: `http://me:${PASSWORD}@127.0.0.1:9` },
  });
  const spec = dspex.client({ name: "openai", lm });
  const qa = dspex.predict(dspex.signature("question -> answer"));
  const actor = dspex.programActor({ name: "qa", program: qa });
  const system = await dspex.startSystem({
    children: [spec, actor],
    cache: { dir },
    logContents: true,
    logger: pino({ level: "trace" }, { write: (line: string) => void said.push(line) }),
    retry: dspex.backoff({ maxAttempts: 1 }),
  });
  closing.push(() => system.stop());

  const shown: unknown[] = [lm, spec, actor, qa, system];
  for (let call = 0; call < 5; call += 1) {
    const outcome = await system.tryForward(qa, { question: `q${call}` }, { trace: true });
    expect(outcome.ok).toBe(false);
    shown.push(outcome);
  }
  shown.push(await system.forward(qa, { question: "who?" }, { trace: true }));
  shown.push(await system.handle(actor).call({ question: "who else?" }));
  const ref = system.runtime.whereis("client/openai");
  if (ref === undefined) throw new Error("the client is not up");
  shown.push(system.tree(), system.usage(), system.inspectHistory(), dspex.historyJsonl(system.inspectHistory()));
  shown.push(system.runtime.inspect(ref), dspex.drawTree(system.tree()));
  // The crash report of the process that holds the key.
  system.runtime.exitSignal(ref, "kill");
  shown.push(await system.tryForward(qa, { question: "after the crash" }));
  await system.stop();
  for (const name of await readdir(dir, { recursive: true }))
    said.push(name, await readFile(join(dir, name), "latin1").catch(() => ""));

  // It was really sent, and a lot was said: the search is no search of nothing.
  expect(server.requests[0]?.headers.authorization).toContain(KEY);
  expect(said.join("").length).toBeGreaterThan(5_000);
  for (const text of [...said, ...shown.map(everything)])
    for (const secret of SECRETS) expect(text.includes(secret), text.slice(0, 2_000)).toBe(false);
});
