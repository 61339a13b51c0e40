import { Command, Option } from "commander";
import { UsageError } from "../../foundation/errors.ts";
import type { CliWorld } from "../cli-world.ts";
import type { ExitCode } from "../exit-code.ts";
import { answer, type Answering, type Wish } from "./answer.ts";
import { chooseModel, MODEL } from "./choose-model.ts";
import { startStage } from "./stage.ts";

const ABOUT =
  "Asks a language model a question about a text, under supervision. Without options it asks the question that comes with " +
  "it, then crashes the model's client while a second question is in flight, and shows what the supervisor does about it.";

const MODELS = `
(npm prints what it runs before the object of --json; npm start --silent -- --json does not.)

Which model answers:
  OPENAI_API_KEY    if set, OpenAI's, or a server that speaks its protocol
  OPENAI_BASE_URL   such a server; one on this machine or its network (Ollama, llama-server, vLLM) needs no key
  DSPEX_MODEL       its model (default: ${MODEL})
Otherwise a small model in this process (SmolLM2-135M-Instruct, 98 MB, fetched once; needs the package node-llama-cpp),
kept in
  DSPEX_CACHE       (default: the platform's cache folder)

Exit codes: 0 answered, 1 failed, 2 wrong usage, 130 interrupted.`;

interface AnswerOptions {
  readonly question?: string;
  readonly context?: string;
  readonly client?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** `dspex answer`, which is what `npm start` runs. @param answering default: the real model and system */
export function answerCommand(
  world: CliWorld,
  onEnd: (code: ExitCode) => void,
  answering: Answering = answeringIn(world),
): Command {
  return new Command("answer")
    .summary("ask a question; without one, watch a supervisor at work")
    .description(ABOUT)
    .addOption(new Option("--question <TEXT>", "ask this instead"))
    .addOption(new Option("--context <FILE>", 'about this text ("-" reads standard input)'))
    .addOption(
      new Option("--client <NAME>", "ask the client of this name in the tree; there is one: openai, llama or reader"),
    )
    .addOption(new Option("--json", "print one JSON object and nothing else: answer, model, usage, ms, restarts"))
    .addOption(new Option("--verbose", "show the stack of an error, and each event of the runtime"))
    .helpOption("--help", "show this")
    .addHelpText("after", MODELS)
    .action(async (options: AnswerOptions) => onEnd(await answer(readWish(options), world, answering)));
}

/** What the options come to. @throws UsageError for those that make no sense together */
export function readWish({ question, context, client, json = false, verbose = false }: AnswerOptions): Wish {
  if (question === undefined && context !== undefined)
    throw new UsageError("--context needs a --question to go with it");
  if (question === undefined && client !== undefined) throw new UsageError("--client needs a --question to go with it");
  if (question === undefined) return { kind: "show", json, verbose };
  if (question.trim() === "") throw new UsageError("the question is empty: --question takes a text");
  if (context === "") throw new UsageError('--context takes a file\'s name, or "-" for standard input');
  return { kind: "question", question, context, client, json, verbose };
}

function answeringIn({ env, signal }: CliWorld): Answering {
  return {
    choose: (onProgress) => chooseModel({ env, onProgress, signal }),
    start: (choice) => startStage(choice, signal),
  };
}
