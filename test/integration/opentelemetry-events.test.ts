// Spans from events alone, with OpenTelemetry's own SDK: pairs of starts and ends that nest, and no word about it in the
// library.
import { type Context, context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { requestEnded, requestStarted } from "../../src/actors/client/request-events.ts";
import { runEnded, runStarted } from "../../src/actors/run/run-events.ts";
import { LmError } from "../../src/lm/failure.ts";
import { backoff } from "../../src/lm/retry/retry-policy.ts";
import { program } from "../../src/programs/composed-program.ts";
import { retrieve } from "../../src/programs/modules/retrieve.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem, type System } from "../../src/system.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { playOut, watch } from "../actors/outcomes.ts";

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const tracer = provider.getTracer("test");
const manager = new AsyncLocalStorageContextManager();

beforeAll(() => {
  manager.enable();
  context.setGlobalContextManager(manager);
});
afterAll(() => context.disable());

/** What a user would write: one span for each run, request and search. */
function makeSpans(): void {
  const runs = new Map<string, Span>();
  const requests = new Map<number, Span>();
  const below = (run: string | undefined): Context => {
    const span = run === undefined ? undefined : runs.get(run);
    // A run that nobody began hangs below whatever is active where it was called.
    return span === undefined ? context.active() : trace.setSpan(ROOT_CONTEXT, span);
  };
  const end = (span: Span | undefined, code: string, at: number): void => {
    span?.setAttribute("code", code);
    if (code !== "ok") span?.setStatus({ code: SpanStatusCode.ERROR, message: code });
    span?.end(at);
  };
  const stops = [
    runStarted.subscribe(({ run, program: name, parent, path, labels, at }) => {
      const attributes = { run, ...(path !== undefined && { path }), ...labels };
      runs.set(run, tracer.startSpan(`run ${name}`, { startTime: at, attributes }, below(parent)));
    }),
    runEnded.subscribe(({ run, code, usd, at }) => {
      const span = runs.get(run);
      span?.setAttribute("usd", usd);
      end(span, code, at);
    }),
    requestStarted.subscribe(({ actor, kind, run, path = "", attempt = 0, model = "", waitedMs, at }) => {
      const attributes = { path, attempt, waitedMs, "gen_ai.request.model": model };
      requests.set(actor, tracer.startSpan(kind, { startTime: at, attributes }, below(run)));
    }),
    requestEnded.subscribe(({ actor, code, tokens, at }) => {
      const span = requests.get(actor);
      if (tokens !== undefined) span?.setAttribute("gen_ai.usage.input_tokens", tokens.inputTokens);
      end(span, code, at);
    }),
  ];
  onTestFinished(() => stops.forEach((stop) => stop()));
}

const ms = ([seconds, nanos]: readonly [number, number]): number => Math.round(seconds * 1_000 + nanos / 1e6);

interface Drawn {
  readonly name: string;
  readonly about: unknown;
  readonly lasted: number;
  readonly below: readonly Drawn[];
}

/** The spans as a tree, by when they began; each lies within the one above it. */
function draw(spans: readonly ReadableSpan[], parent?: ReadableSpan): Drawn[] {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent?.spanContext().spanId)
    .toSorted((a, b) => ms(a.startTime) - ms(b.startTime))
    .map((span) => {
      const [from, to] = [ms(span.startTime), ms(span.endTime)];
      const [first, last] = parent === undefined ? [from, to] : [ms(parent.startTime), ms(parent.endTime)];
      expect(first <= from && to <= last).toBe(true);
      const { path, attempt, code } = span.attributes;
      const about = [path, attempt, code].filter((each) => each !== undefined).join(" ");
      return { name: span.name, about, lasted: to - from, below: draw(spans, span) };
    });
}

test("runs, the runs that they begin, requests and searches become spans that nest", async () => {
  makeSpans();
  const clock = testClock();
  const busy = new LmError("busy", { code: "overloaded" });
  const lm = scripted(
    ({ messages }) =>
      JSON.stringify(messages).includes("## ok ##")
        ? { ok: true }
        : lm.requests.length === 1
          ? busy
          : { answer: "Ann" },
    { latencyMs: 100, clock },
  );
  const service: { system?: System } = {};
  const check = predict(signature("answer -> ok: bool"), { name: "check", client: "main" });
  const answer = program({
    name: "answer",
    parts: { kb: retrieve({ client: "kb" }), qa: predict(signature("question -> answer"), { client: "main" }) },
    async forward({ kb, qa }, { question }: { question: string }, ctx) {
      await kb({ query: question });
      const made = await qa({ question });
      // A part that runs as a run of its own, as a program that asks a service does.
      await service.system?.forward(check, { answer: made.answer }, { parent: ctx });
      return { answer: made.answer };
    },
  });
  const system = await startSystem({
    children: [
      client({ name: "main", lm }),
      client({ name: "kb", retriever: textIndex({ documents: ["Ann is a dog"] }) }),
    ],
    clock,
    logger: false,
    retry: backoff({ jitter: "none", baseMs: 50 }),
  });
  service.system = system;
  onTestFinished(() => system.stop());

  const calling = tracer.startActiveSpan("caller", { startTime: clock.wallTime() }, (span) => {
    const made = watch("call", system.forward(answer, { question: "Who?" }, { labels: { tenant: "acme" } }));
    return { made, span };
  });
  await playOut(clock, [calling.made]);
  await clock.settle();
  calling.span.end(clock.wallTime());
  expect(calling.made.value).toEqual({ answer: "Ann" });

  const spans = exporter.getFinishedSpans();
  expect(draw(spans)).toEqual([
    {
      name: "caller",
      about: "",
      lasted: 350,
      below: [
        {
          name: "run answer",
          about: "ok",
          lasted: 350,
          below: [
            { name: "search", about: "kb 1 ok", lasted: 0, below: [] },
            { name: "lm", about: "qa 1 overloaded", lasted: 100, below: [] },
            { name: "lm", about: "qa 2 ok", lasted: 100, below: [] },
            {
              name: "run check",
              about: "self ok",
              lasted: 100,
              below: [{ name: "lm", about: "self 1 ok", lasted: 100, below: [] }],
            },
          ],
        },
      ],
    },
  ]);
  // A run that another one begins has its labels.
  expect(spans.filter(({ name }) => name.startsWith("run")).map(({ attributes }) => attributes["tenant"])).toEqual([
    "acme",
    "acme",
  ]);
});
