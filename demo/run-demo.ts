import { DspexError, UsageError } from "../src/foundation/errors.ts";
import type { LmUsage } from "../src/lm/language-model.ts";
import type { WeightsProgress } from "../src/llama.ts";
import { HELP, readArguments } from "./arguments.ts";
import { readerInstead, type Choice } from "./choose-model.ts";
import type { Tell } from "./listen.ts";
import { progressBar, type BarStream } from "./progress-bar.ts";
import { readContext } from "./read-context.ts";

export interface Answered {
  readonly answer: string;
  /** As the model names itself. */
  readonly model: string;
  readonly usage: LmUsage;
  /** From the question to the answer, waits and retries included. */
  readonly ms: number;
}

/** What the demo needs of a running system. */
export interface Stage {
  /** Asks one question at a time; `client` is the name of the client to ask, by default the only one. */
  ask(question: string, context: string | undefined, client?: string): Asked;
  /** The tree as people like to see it, a line for each process. */
  drawTree(): string;
  /** Kills the process that owns the model, as a bug in it would. */
  crashClient(): void;
  /** Restarts of the client so far. */
  restarts(): number;
  /** Tells what supervisors and runs do about failures (or every event) as it happens, until the returned function is called. */
  listen(tell: Tell, options: { readonly all: boolean }): () => void;
  stop(): Promise<void>;
}

export interface Asked {
  /** Resolves when the model has got the request. */
  readonly inFlight: Promise<void>;
  readonly answered: Promise<Answered>;
}

export interface DemoWorld {
  readonly input: AsyncIterable<Buffer | string>;
  readonly out: BarStream;
  readonly err: BarStream;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** Milliseconds that never go backwards. */
  now(): number;
  choose(onProgress: (event: WeightsProgress) => void): Promise<Choice>;
  start(choice: Choice): Promise<Stage>;
}

const CONTEXT =
  "The BEAM, Erlang's virtual machine, is designed for building concurrent, fault-tolerant, and distributed systems. " +
  "Its key features include lightweight processes, preemptive scheduling, and a 'let it crash' philosophy with supervisors.";
const FIRST_QUESTION = "What is the primary benefit of the BEAM virtual machine?";
const SECOND_QUESTION = "What are its key features?";

/** As shells count a program that Ctrl-C ended. */
export const INTERRUPTED = 130;

/** The whole demo; gives the exit code: 0 answered, 1 failed, 2 wrong usage, 130 interrupted. Everything that it touches is in `world`. */
export async function runDemo(words: readonly string[], world: DemoWorld): Promise<number> {
  const wish = readArguments(words);
  if (wish.kind === "help") {
    world.out.write(HELP);
    return 0;
  }
  const fail = (code: 1 | 2, message: string): number => {
    world.err.write(`error: ${message}\n`);
    return code;
  };
  if (wish.kind === "wrong") return fail(2, wish.message);

  let context: string | undefined = CONTEXT;
  if (wish.kind === "question") {
    const read = wish.context === undefined ? undefined : await readContext(wish.context, world.input);
    if (read && !read.ok) return fail(2, read.problem);
    context = read?.text;
  }
  const question = wish.kind === "question" ? wish.question : FIRST_QUESTION;
  // With --json nothing but the object may be on standard output.
  const say = (text: string): unknown => (wish.json ? world.err : world.out).write(`${text}\n`);

  let stage: Stage | undefined;
  try {
    stage = await begin(world, say);
    if (wish.kind === "question" || wish.json) {
      const clientName = wish.kind === "question" ? wish.client : undefined;
      const silence = stage.listen(timeline(world, say), { all: wish.verbose });
      if (!wish.json) say(`\nquestion: ${question}`);
      const answered = await stage.ask(question, context, clientName).answered;
      silence();
      if (wish.json) world.out.write(jsonLine(answered, stage.restarts()));
      else tellAnswer(answered, say);
      return 0;
    }
    await show(stage, world, say, wish.verbose);
    return 0;
  } catch (thrown) {
    if (!world.signal.aborted) return fail(1, explain(thrown, wish.verbose));
    world.err.write("interrupted\n");
    return INTERRUPTED;
  } finally {
    await stage?.stop();
  }
}

/** Starts with the model that is chosen; where the embedded one cannot run after all, with the reader. */
async function begin(world: DemoWorld, say: Say): Promise<Stage> {
  const choice = await world.choose(progressBar(world.err));
  say(choice.line);
  try {
    return await world.start(choice);
  } catch (thrown) {
    if (choice.name !== "llama" || !(thrown instanceof UsageError)) throw thrown;
    const instead = readerInstead(thrown);
    say(instead.line);
    return await world.start(instead);
  }
}

/** One question answered; then a second one whose client is killed under it, and what becomes of that. */
async function show(stage: Stage, world: DemoWorld, say: Say, all: boolean): Promise<void> {
  const silenceFirst = stage.listen(timeline(world, say), { all });
  say(`\nquestion: ${FIRST_QUESTION}`);
  tellAnswer(await stage.ask(FIRST_QUESTION, CONTEXT).answered, say);
  silenceFirst();

  say(`\nquestion: ${SECOND_QUESTION}`);
  const { inFlight, answered } = stage.ask(SECOND_QUESTION, CONTEXT);
  // Awaited below; until then its failure is not unhandled.
  answered.catch(() => undefined);
  await Promise.race([inFlight, answered]);
  say(`\nThe processes, with this question in flight:\n\n${indent(stage.drawTree())}`);
  say("\nNow the client is killed, and the model with it. What each of them does about that:\n");
  const tell = timeline(world, say);
  const silence = stage.listen(tell, { all });
  try {
    tell("you", "kill the client");
    stage.crashClient();
    const second = await answered;
    tell("you", "have the answer");
    say("");
    tellAnswer(second, say);
  } finally {
    silence();
  }
  say(`\nThe processes afterwards:\n\n${indent(stage.drawTree())}`);
}

type Say = (text: string) => unknown;

/** Lines of three columns: seconds from now on, who, what. */
function timeline(world: DemoWorld, say: Say): Tell {
  const from = world.now();
  return (who, what) => {
    const seconds = ((world.now() - from) / 1_000).toFixed(3);
    say(`  ${seconds.padStart(6)} s  ${who.padEnd(8)} ${what}`);
  };
}

function jsonLine({ answer, model, usage, ms }: Answered, restarts: number): string {
  return `${JSON.stringify({ answer, model, usage, ms: Math.round(ms), restarts })}\n`;
}

function tellAnswer({ answer, model, usage, ms }: Answered, say: Say): void {
  say(`answer: ${answer}`);
  say(`model: ${model} · ${usage.inputTokens} tokens in, ${usage.outputTokens} out · ${(ms / 1_000).toFixed(1)} s`);
}

/** One line; with `verbose` the stack and what caused it. */
function explain(thrown: unknown, verbose: boolean): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (verbose) return [thrown, ...causes(thrown)].map((error) => error.stack ?? error.message).join("\ncaused by: ");
  const known = thrown instanceof UsageError || thrown instanceof DspexError;
  const message = thrown.message.replaceAll(/\s*\n\s*/g, " ");
  return known ? message : `${message} (--verbose shows where)`;
}

function causes(error: Error): readonly Error[] {
  return error.cause instanceof Error ? [error.cause, ...causes(error.cause)] : [];
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
