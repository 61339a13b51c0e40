import { parseArgs } from "node:util";

/** What the user asked for on the command line. */
export type Wish =
  | { readonly kind: "help" }
  /** The question that comes with the demo, and the show of supervision after it (not with `--json`). */
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
    }
  /** One line that says what is wrong. */
  | { readonly kind: "wrong"; readonly message: string };

export const HELP = `Usage: npm start [-- FLAGS]

Asks a language model a question about a text, under supervision. Without flags it asks the question that comes with it,
then crashes the model's client while a second question is in flight, and shows what the supervisor does about it.

  --question TEXT   ask this instead
  --context FILE    about this text ("-" reads standard input)
  --client NAME     ask the client of this name in the tree; there is one: openai, llama or reader
  --json            print one JSON object and nothing else: answer, model, usage, ms, restarts
                    (npm prints what it runs before that; npm start --silent -- --json does not)
  --verbose         show the stack of an error, and each event of the runtime
  --help            show this

Which model answers:
  OPENAI_API_KEY    if set, OpenAI's, or a server that speaks its protocol
  OPENAI_BASE_URL   such a server; one on this machine or its network (Ollama, llama-server, vLLM) needs no key
  DSPEX_MODEL       its model (default: gpt-5-mini)
Otherwise a small model in this process (SmolLM2-135M-Instruct, 98 MB, fetched once), kept in
  DSPEX_CACHE       (default: the platform's cache folder)

Exit codes: 0 answered, 1 failed, 2 wrong usage.
`;

export function readArguments(words: readonly string[]): Wish {
  let flags;
  try {
    ({ values: flags } = parseArgs({
      args: [...words],
      options: {
        question: { type: "string" },
        context: { type: "string" },
        client: { type: "string" },
        json: { type: "boolean", default: false },
        verbose: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (thrown) {
    // Its messages go on with advice about shells; the first sentence says what is wrong.
    const [said = ""] = String(thrown instanceof Error ? thrown.message : thrown).split(/\.(?:\s|$)/);
    return { kind: "wrong", message: `${said} (--help lists the flags)` };
  }
  const { question, context, client, json, verbose } = flags;
  if (flags.help) return { kind: "help" };
  if (question === undefined && context !== undefined)
    return { kind: "wrong", message: "--context needs a --question to go with it" };
  if (question === undefined && client !== undefined)
    return { kind: "wrong", message: "--client needs a --question to go with it" };
  if (question === undefined) return { kind: "show", json, verbose };
  if (question.trim() === "") return { kind: "wrong", message: "the question is empty: --question takes a text" };
  if (context === "") return { kind: "wrong", message: '--context takes a file\'s name, or "-" for standard input' };
  return { kind: "question", question, context, client, json, verbose };
}
