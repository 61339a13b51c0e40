// OpenTelemetry's own context manager and tracer, over real connections: each span hangs below its own caller's.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { programActor } from "../../src/actors/program/program-actor.ts";
import { runEnded } from "../../src/actors/run/run-events.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const tracer = provider.getTracer("test");
const manager = new AsyncLocalStorageContextManager();

beforeAll(() => {
  manager.enable();
  context.setGlobalContextManager(manager);
});
afterAll(() => context.disable());

/** A span around some work, below the one that is active. */
const within = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

/** The user's own `fetch`, which makes a span of each request. */
const tracedFetch: typeof fetch = (...request) => within("request", () => fetch(...request));

const answer = program({
  name: "answer",
  parts: {
    qa: predict(signature("q -> a"), { client: "own fetch" }),
    check: predict(signature("q, a -> ok: bool"), { client: "ours" }),
  },
  forward: ({ qa, check }, { q }: { q: string }) =>
    within("program", async () => {
      const { a } = await qa({ q });
      await check({ q, a });
      trace.getActiveSpan()?.setAttribute("answered", q);
      return { a };
    }),
});

test("spans of many callers at once hang below their own", async () => {
  const server = await openaiServer({
    answer: ({ messages }) =>
      `[[ ## a ## ]]\n1\n\n[[ ## ok ## ]]\nTrue\n\n[[ ## completed ## ]]${" ".repeat(messages.length)}`,
  });
  onTestFinished(() => server.close());
  const settings = { baseURL: server.baseURL, apiKey: "sk-test-000000" };
  const spec = programActor({ name: "answer", program: answer, maxConcurrency: 4 });
  const system = await startSystem({
    children: [
      client({ name: "own fetch", lm: openai("m", { ...settings, fetch: tracedFetch }), limits: { concurrency: 3 } }),
      client({ name: "ours", lm: openai("m", settings), limits: { concurrency: 3 } }),
      spec,
    ],
    logger: false,
    cache: false,
  });
  onTestFinished(() => system.stop());
  // A listener that makes a span of each run's end finds the caller's as well.
  onTestFinished(
    runEnded.subscribe(({ systemId }) => {
      if (systemId === system.id) tracer.startSpan("run ended").end();
    }),
  );

  const callers = Array.from({ length: 20 }, (_, index) => `caller ${index}`);
  await Promise.all(callers.map((q) => within(q, () => system.handle(spec).call({ q }))));
  await Promise.all(callers.map((q) => within(`${q}, forward`, () => system.forward(answer, { q }))));

  const spans = exporter.getFinishedSpans();
  const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
  const parentOf = (span: ReadableSpan): ReadableSpan | undefined => byId.get(span.parentSpanContext?.spanId ?? "");
  const called = (name: string): ReadableSpan[] => spans.filter((span) => span.name === name);

  // 40 calls: each with its program's span below it, and the request's below that.
  expect(called("program").map((span) => parentOf(span)?.name.replace(", forward", ""))).toEqual(
    called("program").map((span) => span.attributes["answered"]),
  );
  expect(new Set(called("program").map(parentOf)).size).toBe(40);
  expect(called("request").map((span) => parentOf(span)?.name)).toEqual(Array.from({ length: 40 }, () => "program"));
  expect(new Set(called("request").map(parentOf)).size).toBe(40);
  expect(new Set(called("run ended").map(parentOf)).size).toBe(40);
  expect(called("run ended").every((span) => parentOf(span)?.name.startsWith("caller"))).toBe(true);
});
