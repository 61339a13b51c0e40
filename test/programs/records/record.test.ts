import * as fc from "fast-check";
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { chatAdapter } from "../../../src/adapters/chat-adapter.ts";
import { canonicalJson } from "../../../src/foundation/digest.ts";
import { DspexError, UsageError } from "../../../src/foundation/errors.ts";
import { LM_FAILURES, LmError, type LmFailureCode } from "../../../src/lm/failure.ts";
import { dumpProgram, loadProgramFrom } from "../../../src/programs/saved/dump-program.ts";
import { digestOf } from "../../../src/programs/identity/digest-of.ts";
import { RunError, unwrap } from "../../../src/programs/outcome.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { readRecord, type RecordKind, toRecord } from "../../../src/programs/record.ts";
import { RecordError } from "../../../src/programs/records/record-error.ts";
import { type TraceStep, withTrace } from "../../../src/programs/prediction.ts";
import { signature } from "../../../src/signatures/signature.ts";
import { contextIn, WORLDS } from "../identity/observe.ts";
import { TWINS } from "../identity/random-program.ts";
import { FIRST_SAMPLES, OWN_FAILURE, SAMPLES } from "./samples.ts";

const FOLDER = "test/fixtures/records";
const KINDS = Object.keys(SAMPLES) as RecordKind[];

function throughText<Kind extends RecordKind>(kind: Kind, value: unknown) {
  return readRecord(kind, JSON.parse(JSON.stringify(toRecord(kind, value as never))));
}

/** A value and all that it holds that is not to be enumerated, as text; and its fields in their order. */
function whole(kind: RecordKind, value: unknown): string {
  const record = toRecord(kind, value as never);
  const { fields } = record.value as { readonly fields?: unknown };
  return `${canonicalJson(record)}\n${JSON.stringify(fields)}`;
}

describe("files of each kind and version are read for ever", async () => {
  const files = (await readdir(FOLDER)).filter((file) => file.includes("-record-v"));

  test("there is one of each", () => {
    for (const kind of KINDS) {
      const { version } = toRecord(kind, SAMPLES[kind] as never);
      for (let earlier = 1; earlier <= version; earlier += 1)
        expect(files).toContain(`${kind}-record-v${earlier}.json`);
    }
  });

  test.each(files)("%s", async (file) => {
    const [kind] = file.split("-record-") as [RecordKind];
    const text = await readFile(`${FOLDER}/${file}`, "utf8");
    const read = readRecord(kind, JSON.parse(text));
    const record = toRecord(kind, SAMPLES[kind] as never);
    const isFirst = record.version > 1 && file.includes("-v1");
    expect(whole(kind, read)).toBe(whole(kind, (isFirst && FIRST_SAMPLES[kind]) || SAMPLES[kind]));
    // Written as it was then, unless its version says otherwise.
    expect(isFirst ? JSON.parse(text) : record).toEqual(JSON.parse(text));
  });
});

test.each(KINDS)("a %s comes back as it was", (kind) => {
  const read = throughText(kind, SAMPLES[kind]);
  expect(whole(kind, read)).toBe(whole(kind, SAMPLES[kind]));
  // Of an adapter its functions are others, and do the same.
  expect(kind === "adapter" ? SAMPLES[kind] : read).toEqual(SAMPLES[kind]);
});

test("a prediction is one: frozen, its fields to be seen, what is about the call beside them", () => {
  const { prediction } = SAMPLES;
  const read = throughText("prediction", prediction);
  expect(Object.isFrozen(read)).toBe(true);
  expect(Object.keys(read)).toEqual(["answer", "score", "day", "parts"]);
  const { trace, ...meta } = read.$meta;
  const { trace: steps, ...was } = prediction.$meta;
  expect(meta).toEqual(was);
  expect(trace).toEqual(steps);
  expect(trace?.[0]?.prediction?.$meta.messages).toEqual(was.messages);
  expect(trace?.[0]?.exchanges[1]?.error).toBeInstanceOf(LmError);
  expect(trace?.[1]?.error).toBeInstanceOf(LmError);
});

test("a saved program is one", () => {
  const student = predict(signature("picture: Image, question -> answer: Literal['cat', 'dog'], score: float"));
  const loaded = loadProgramFrom(throughText("program", SAMPLES.program), student);
  expect(digestOf(loaded)).toBe(digestOf(loadProgramFrom(SAMPLES.program, student)));
});

describe("failures", () => {
  test("of every code are LmErrors again", () => {
    for (const code of Object.keys(LM_FAILURES) as LmFailureCode[]) {
      const read = throughText("failure", new LmError("m: no", { code }));
      expect(read).toBeInstanceOf(LmError);
      expect(read).toMatchObject({ code, retryable: LM_FAILURES[code].retryable, message: "m: no", name: "LmError" });
    }
  });

  test("know all that they knew, and the chain of their causes", () => {
    const read = throughText("failure", SAMPLES.failure) as LmError;
    const { status, requestId, retryAfterMs, rateLimit, provider, details } = SAMPLES.failure as LmError;
    expect(read).toMatchObject({ status, requestId, retryAfterMs, rateLimit, provider, details, retryable: false });
    const never = new LmError("x", { code: "rate_limited", retryAfterMs: Infinity });
    expect(throughText("failure", never)).toMatchObject({ retryAfterMs: Infinity });
    expect(read.cause).toBeInstanceOf(UsageError);
    expect((read.cause as Error).cause).toMatchObject({ name: "TypeError", message: "x is not a function" });
  });

  test("a program's own is a DspexError under its own name", () => {
    const read = throughText("failure", OWN_FAILURE);
    expect(read).toBeInstanceOf(DspexError);
    expect(read).toMatchObject({ name: "OutOfStock", code: "out_of_stock", retryable: true, details: { item: "tea" } });
    expect(String(read)).toBe("OutOfStock: no more of it");
  });

  test("misuse is thrown as what it is, read back too", () => {
    const error = new RunError("q is missing", {
      code: "misuse",
      retryable: false,
      cause: new UsageError("q is missing"),
    });
    const read = throughText("outcome", { ok: false, error });
    expect(() => unwrap(read)).toThrow(UsageError);
  });

  test("are told in words where they are no data", () => {
    const round: { self?: unknown } = {};
    round.self = round;
    const details = {
      why: new Error("inner"),
      how: () => 1,
      round,
      at: new Date(0),
      none: undefined,
      key: { $date: 1 },
    };
    const read = throughText("failure", new DspexError("x", { code: "x", retryable: false, details })) as DspexError;
    expect(read.details).toEqual({
      why: "Error: inner",
      how: "function how",
      round: "[object Object]",
      at: new Date(0),
      key: '{"$date":1}',
    });
    const circle = new Error("a");
    circle.cause = new Error("b", { cause: circle });
    expect(throughText("failure", circle)).toMatchObject({
      message: "a",
      cause: { message: "b", cause: { message: "a" } },
    });
    expect(throughText("failure", "a text")).toMatchObject({ name: "Error", message: "a text" });
    expect(throughText("failure", new Error("a", { cause: { status: 3 } })).cause).toMatchObject({
      message: 'a value that is no Error was thrown: {"status":3}',
    });
  });
});

describe("media", () => {
  test("stand once in a table, by their digest", () => {
    const media = new Map<string, string>();
    const line = JSON.stringify(toRecord("prediction", SAMPLES.prediction, { media }));
    const again = JSON.stringify(toRecord("example", SAMPLES.example, { media }));
    const state = JSON.stringify(toRecord("program", SAMPLES.program, { media }));
    expect(line + again + state).not.toMatch(/base64|UklGRg/);
    // The picture and the sound; addresses and ids of files stay where they are.
    expect(media.size).toBe(2);
    expect(line).toContain("https://example.com/b.pdf");
    const kept = throughText("media", media);
    const read = readRecord("prediction", JSON.parse(line), { media: kept });
    expect(whole("prediction", read)).toBe(whole("prediction", SAMPLES.prediction));
    expect(readRecord("example", JSON.parse(again), { media: kept })).toEqual(SAMPLES.example);
    expect(readRecord("program", JSON.parse(state), { media: kept })).toEqual(SAMPLES.program);
  });

  test("that are not there are missed", () => {
    const record = toRecord("example", SAMPLES.example, { media: new Map() });
    for (const media of [undefined, new Map<string, string>()])
      expect(() => readRecord("example", record, { media })).toThrow(
        expect.objectContaining({ code: "missing_media" }),
      );
  });
});

describe("what is no record, or not as it was written, is refused", () => {
  const usage = toRecord("usage", SAMPLES.usage);
  const step = toRecord("step", SAMPLES.step);
  const edited = (record: { readonly value: unknown }, edits: object): object => ({
    ...record,
    value: { ...(record.value as object), ...edits },
  });

  test.each<[what: string, kind: RecordKind, data: unknown, code: string]>([
    ["nothing", "usage", null, "unknown_format"],
    ["a list", "usage", [], "unknown_format"],
    ["another format", "usage", { ...usage, format: "dspex/step" }, "unknown_format"],
    ["no version", "usage", { ...usage, version: undefined }, "unknown_format"],
    ["more than a record has", "usage", { ...usage, more: 1 }, "unknown_format"],
    ["a newer version", "usage", { ...usage, version: 2 }, "newer_version"],
    ["a missing number", "usage", edited(usage, { inputTokens: undefined }), "damaged"],
    ["a wrong number", "usage", edited(usage, { inputTokens: "3" }), "damaged"],
    ["one number more", "usage", edited(usage, { moreTokens: 3 }), "damaged"],
    ["a step of no kind", "step", edited(step, { kind: undefined }), "damaged"],
    ["a failure of no code", "step", edited(step, { error: { kind: "lm", name: "x", message: "x" } }), "damaged"],
    [
      "a failure of a code that does not exist",
      "failure",
      edited(toRecord("failure", SAMPLES.failure), { code: "bored" }),
      "damaged",
    ],
    [
      "a crash as an outcome",
      "outcome",
      edited(toRecord("outcome", SAMPLES.outcome), { error: { kind: "error", name: "x", message: "x" } }),
      "damaged",
    ],
    ["a slip in an option", "sampling", edited(toRecord("sampling", {}), { temprature: 1 }), "damaged"],
    [
      "a setting that there is not",
      "adapter",
      edited(toRecord("adapter", chatAdapter()), { settings: { x: 1 } }),
      "damaged",
    ],
    ["a name alone", "adapter", { ...toRecord("adapter", chatAdapter()), value: "chat" }, "damaged"],
    ["an adapter of one's own", "adapter", toRecord("adapter", { ...chatAdapter(), name: "mine" }), "damaged"],
    [
      "a message of no role",
      "prediction",
      {
        ...toRecord("prediction", SAMPLES.prediction),
        value: { fields: {}, meta: { ...SAMPLES.prediction.$meta, trace: [], messages: [{ role: "x", content: "" }] } },
      },
      "damaged",
    ],
    [
      "a step in a trace that is none",
      "prediction",
      {
        ...toRecord("prediction", SAMPLES.prediction),
        value: { fields: {}, meta: { ...SAMPLES.prediction.$meta, trace: [1] } },
      },
      "damaged",
    ],
  ])("%s, in place of a %s", (_what, kind, data, code) => {
    const reading = (): unknown => readRecord(kind, JSON.parse(JSON.stringify(data)));
    expect(reading).toThrow(RecordError);
    expect(reading).toThrow(expect.objectContaining({ code, details: { format: `dspex/${kind}` } }));
  });

  test("what is nested deeper than anybody means", () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return value;
    };
    expect(throughText("example", { deep: nested(450) })).toEqual({ deep: nested(450) });
    expect(() => toRecord("example", { deep: nested(501) })).toThrow(UsageError);
    expect(() => digestOf([{ deep: nested(100_000) }])).toThrow(UsageError);
    const deep = { format: "dspex/example", version: 1, value: { deep: nested(100_000) } };
    expect(() => readRecord("example", deep)).toThrow(expect.objectContaining({ code: "damaged" }));
    const qa = predict(signature("q -> a"));
    const file = { ...dumpProgram(qa), searches: deep };
    expect(() => loadProgramFrom(file, qa)).toThrow(expect.objectContaining({ code: "unknown_format" }));
    expect(
      throughText("failure", new DspexError("x", { code: "x", retryable: false, details: { deep: nested(9000) } })),
    ).toMatchObject({
      details: { deep: expect.any(String) as string },
    });
  });

  test("what is no data cannot be written, and there are no other kinds", () => {
    expect(() => toRecord("example", { question: () => 1 })).toThrow(UsageError);
    expect(() => toRecord("sampling", { temperature: Number.NaN })).toThrow("temperature must be a number from 0");
    expect(() => toRecord("dream" as never, {} as never)).toThrow('no kind of record "dream"; there are prediction,');
  });
});

test("what random programs give comes back as it was: predictions, failures and traces", async () => {
  const property = fc.asyncProperty(TWINS, fc.constantFrom(...WORLDS), async ({ program, inputs }, world) => {
    const steps: TraceStep[] = [];
    const context = contextIn(world, [], steps);
    const [kind, came] = await program.forward(inputs, context).then(
      (made): [RecordKind, unknown] => ["prediction", withTrace(made, steps)],
      (error: unknown): [RecordKind, unknown] => ["failure", error],
    );
    for (const [each, value] of [[kind, came] as const, ...steps.map((step) => ["step", step] as const)])
      expect(whole(each, throughText(each, value))).toBe(whole(each, value));
  });
  await fc.assert(property, { seed: 20_261_129, numRuns: 60 });
});
