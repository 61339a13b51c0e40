/** Prompts written and answers read, a call: beside a hand-written template and regular expression. */
import { chatAdapter } from "../src/adapters/chat-adapter.ts";
import { jsonAdapter } from "../src/adapters/json-adapter.ts";
import { xmlAdapter } from "../src/adapters/xml-adapter.ts";
import type { Adapter, PreparedPrompt } from "../src/adapters/adapter.ts";
import type { LmCompletion } from "../src/lm/language-model.ts";
import { type LmMessage, textOf } from "../src/lm/message.ts";
import { signature } from "../src/signatures/signature.ts";
import { atMost, type BenchReport, type BenchRow, interleave } from "./harness.ts";

const CALLS = 20_000;
const ROUNDS = { rounds: 9, warmup: 3 };
const CAPABILITIES = { schema: false, tools: false, prefill: false, grammar: false };

const FORMAT_REACH = 3;
const PARSE_REACH = 4;

interface Inputs {
  readonly context: readonly string[];
  readonly question: string;
  readonly limit: number;
}

const QA = signature("context: list[str], question, limit: int -> answer, confidence: float", {
  instructions: "Answer from the context alone.",
});

const DEMOS = [1, 2, 3, 4].map((n) => ({
  context: [`Passage ${n}: processes share no memory.`, "They send each other messages."],
  question: `What do processes share (${n})?`,
  limit: 20,
  answer: "Nothing: each has a heap of its own, and a message is a copy.",
  confidence: 0.75,
}));

const INPUTS: Inputs = {
  context: [
    "The BEAM gives each process a heap of its own and a fair share of the scheduler's time.",
    'Supervisors restart what crashed; "let it crash" is how a program stays simple.',
    "Nodes talk over distribution: a message to another machine looks like any other.",
  ],
  question: "What is the BEAM good for, and why do people build services on it?",
  limit: 40,
};

const FIELDS = {
  answer:
    "Concurrency, fault tolerance and distribution: many small processes that share nothing, watched by supervisors that\n" +
    "restart them, on one machine or on many.",
  confidence: 0.9,
};

const ANSWER = `[[ ## answer ## ]]\n${FIELDS.answer}\n\n[[ ## confidence ## ]]\n0.9\n\n[[ ## completed ## ]]\n`;

/** What a person would write for this one signature. */
function handWritten(prefix: readonly LmMessage[], closing: string) {
  const answer =
    /\[\[ ## answer ## \]\]\s*([\s\S]*?)\s*\[\[ ## confidence ## \]\]\s*([\s\S]*?)\s*\[\[ ## completed ## \]\]/;
  return {
    format: ({ context, question, limit }: Inputs): readonly LmMessage[] => [
      ...prefix,
      {
        role: "user",
        content: `[[ ## context ## ]]\n[${context.map((each) => JSON.stringify(each)).join(", ")}]\n\n[[ ## question ## ]]\n${question}\n\n[[ ## limit ## ]]\n${limit}\n\n${closing}`,
      },
    ],
    parse(text: string): { readonly answer: string; readonly confidence: number } {
      const match = answer.exec(text);
      if (match === null) throw new Error("the answer cannot be read");
      return { answer: match[1] ?? "", confidence: Number(match[2]) };
    },
  };
}

function reading(prepared: PreparedPrompt, text: string): () => object {
  const ask = prepared.begin({ ...INPUTS }, CAPABILITIES);
  const completion: LmCompletion = { text, finishReason: "stop" };
  return () => {
    const step = ask.read(completion);
    if (step.kind !== "done") throw new Error(`the answer cannot be read: ${step.kind}`);
    return step.fields;
  };
}

function writing(prepared: PreparedPrompt): () => readonly LmMessage[] {
  const values = { ...INPUTS };
  return () => prepared.begin(values, CAPABILITIES).request.messages;
}

/** Microseconds a call. What comes out is used, so that no engine can leave the work out. */
function timed(work: () => object): () => number {
  return () => {
    let used = 0;
    const started = performance.now();
    for (let call = 0; call < CALLS; call += 1) used += Object.keys(work()).length > 0 ? 1 : 0;
    const took = performance.now() - started;
    if (used !== CALLS) throw new Error("a call gave nothing");
    return (took * 1000) / CALLS;
  };
}

function answerIn(adapter: Adapter): string {
  const { writeAnswer } = adapter.prepare(QA, DEMOS).begin({ ...INPUTS }, CAPABILITIES).request;
  if (writeAnswer === undefined) throw new Error(`${adapter.name} writes no answers`);
  return writeAnswer(FIELDS);
}

export async function run(): Promise<BenchReport> {
  const chat = chatAdapter().prepare(QA, DEMOS);
  const messages = writing(chat)();
  const question = textOf(messages.at(-1)?.content ?? "");
  const hand = handWritten(messages.slice(0, -1), question.slice(question.indexOf("Respond with")));
  if (JSON.stringify(hand.format(INPUTS)) !== JSON.stringify(messages)) throw new Error("the messages differ");

  const { median } = await interleave(
    {
      handFormat: timed(() => hand.format(INPUTS)),
      format: timed(writing(chat)),
      handParse: timed(() => hand.parse(ANSWER)),
      parse: timed(reading(chat, ANSWER)),
      jsonFormat: timed(writing(jsonAdapter().prepare(QA, DEMOS))),
      jsonParse: timed(reading(jsonAdapter().prepare(QA, DEMOS), answerIn(jsonAdapter()))),
      xmlFormat: timed(writing(xmlAdapter().prepare(QA, DEMOS))),
      xmlParse: timed(reading(xmlAdapter().prepare(QA, DEMOS), answerIn(xmlAdapter()))),
    },
    ROUNDS,
  );
  const row = (name: string, value: number): BenchRow => ({ name, value, unit: "µs" });
  return {
    about: "3 inputs, 2 outputs, 4 demos, a call; ratios are to a hand-written template and regular expression",
    rows: [
      atMost("chat: format", median.format, median.handFormat, FORMAT_REACH, "µs"),
      atMost("chat: parse", median.parse, median.handParse, PARSE_REACH, "µs"),
      row("by hand: format", median.handFormat),
      row("by hand: parse", median.handParse),
      row("json: format", median.jsonFormat),
      row("json: parse", median.jsonParse),
      row("xml: format", median.xmlFormat),
      row("xml: parse", median.xmlParse),
    ],
  };
}
