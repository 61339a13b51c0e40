import { UsageError } from "../../foundation/errors.ts";
import type { LmUsage } from "../../index.ts";
import type { WeightsProgress } from "../../llama.ts";
import type { CliWorld } from "../cli-world.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { explain } from "../explain.ts";
import { unlessInterrupted } from "../interrupts.ts";
import { type Choice, readerInstead } from "./choose-model.ts";
import type { Tell } from "./listen.ts";
import { readContext } from "./read-context.ts";
import { weightsBar } from "./weights-bar.ts";

export interface Answered {
  readonly answer: string;
  /** As the model names itself. */
  readonly model: string;
  readonly usage: LmUsage;
  /** From the question to the answer, waits and retries included. */
  readonly ms: number;
}

/** What it needs of a running system. */
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

/** What it was asked to do. */
export type Wish =
  /** The question that comes with it, and the show of supervision after it (not with `json`). */
  | { readonly kind: "show"; readonly json: boolean; readonly verbose: boolean }
  | {
      readonly kind: "question";
      readonly question: string;
      /** A file's name, or `-` for standard input. */
      readonly context: string | undefined;
      /** Whom to ask, by its name in the tree. */
      readonly client: string | undefined;
      readonly json: boolean;
      readonly verbose: boolean;
    };

/** Where the model and the system come from. */
export interface Answering {
  choose(onProgress: (event: WeightsProgress) => void): Promise<Choice>;
  start(choice: Choice): Promise<Stage>;
}

const CONTEXT =
  "The BEAM, Erlang's virtual machine, is designed for building concurrent, fault-tolerant, and distributed systems. " +
  "Its key features include lightweight processes, preemptive scheduling, and a 'let it crash' philosophy with supervisors.";
const FIRST_QUESTION = "What is the primary benefit of the BEAM virtual machine?";
const SECOND_QUESTION = "What are its key features?";

/**
 * Answers one question, or the two that come with it, in a system that it starts and stops. Gives exit code 0, or 1 with one
 * line that says why there is no answer.
 *
 * @throws UsageError (rejects) for a context that cannot be read; what it was interrupted with
 */
export async function answer(wish: Wish, world: CliWorld, answering: Answering): Promise<ExitCode> {
  const question = wish.kind === "question" ? wish.question : FIRST_QUESTION;
  const context =
    wish.kind === "show" ? CONTEXT : await unlessInterrupted(world.signal, contextOf(wish.context, world));
  // With --json nothing but the object may be on standard output.
  const say = (text: string): unknown => (wish.json ? world.err : world.out).write(`${text}\n`);

  let stage: Stage | undefined;
  try {
    stage = await begin(answering, world, say);
    if (wish.kind === "question" || wish.json) {
      const clientName = wish.kind === "question" ? wish.client : undefined;
      const silence = stage.listen(timeline(world, say), { all: wish.verbose });
      if (!wish.json) say(`\nquestion: ${question}`);
      const answered = await stage.ask(question, context, clientName).answered;
      silence();
      if (wish.json) world.out.write(jsonLine(answered, stage.restarts()));
      else tellAnswer(answered, say);
      return EXIT.ok;
    }
    await show(stage, world, say, wish.verbose);
    return EXIT.ok;
  } catch (thrown) {
    if (world.signal.aborted) throw thrown;
    // Whatever kind it is of: the words were right, and there is no answer.
    world.err.write(`error: ${explain(thrown, wish.verbose)}\n`);
    return EXIT.failed;
  } finally {
    await stage?.stop();
  }
}

async function contextOf(source: string | undefined, { cwd, input }: CliWorld): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const read = await readContext(source, input, cwd);
  if (read.ok) return read.text;
  throw new UsageError(read.problem);
}

/** Starts with the model that is chosen; where the embedded one cannot run after all, with the reader. */
async function begin(answering: Answering, world: CliWorld, say: Say): Promise<Stage> {
  const choice = await answering.choose(weightsBar(world.err));
  say(choice.line);
  try {
    return await answering.start(choice);
  } catch (thrown) {
    if (choice.name !== "llama" || !(thrown instanceof UsageError)) throw thrown;
    const instead = readerInstead(thrown);
    say(instead.line);
    return await answering.start(instead);
  }
}

/** One question answered; then a second one whose client is killed under it, and what becomes of that. */
async function show(stage: Stage, world: CliWorld, say: Say, all: boolean): Promise<void> {
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
function timeline(world: CliWorld, say: Say): Tell {
  const from = world.clock.now();
  return (who, what) => {
    const seconds = ((world.clock.now() - from) / 1_000).toFixed(3);
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

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
