// A server that trains and serves, a student that asks it, and questions that it mostly knows.
import { onTestFinished } from "vitest";
import { backoff, client, exactMatch, examples, openai, predict, signature } from "../../../src/index.ts";
import { openaiTrainer, type OpenAiTrainerOptions } from "../../../src/teleprompters/training/openai-trainer.ts";
import { type FineTuningOptions, type OpenAiServer, openaiServer } from "../../../src/testing.ts";

export const QA = signature("question -> answer");
export const student = predict(QA, { onUnparsable: "fail" });
export const trainset = examples(
  QA,
  [1, 2, 3].map((number) => ({ question: `q${number}?`, answer: `A${number}`, id: `e${number}` })),
);
export const metric = exactMatch("answer");

export interface TunedWorld {
  readonly server: OpenAiServer;
  readonly grounds: ReturnType<typeof groundsOf>;
  trainer(options?: OpenAiTrainerOptions): ReturnType<typeof openaiTrainer>;
}

/** The base model knows the answers up to that one, a model that was trained knows all. */
export async function tunedWorld(fineTuning: FineTuningOptions = {}, knows = 2): Promise<TunedWorld> {
  const server = await openaiServer({
    models: ["base"],
    fineTuning,
    answer({ model, messages }) {
      const number = Number(/q(\d+)\?/.exec(String(messages.at(-1)?.content))?.[1]);
      const answer = model !== "base" || number <= knows ? `A${number}` : "?";
      return `[[ ## answer ## ]]\n${answer}\n\n[[ ## completed ## ]]`;
    },
  });
  onTestFinished(() => server.close());
  const trainer = (options: OpenAiTrainerOptions = {}) =>
    openaiTrainer("base", { baseURL: server.baseURL, pollMs: 1, ...options });
  return { server, grounds: groundsOf(server), trainer };
}

function groundsOf({ baseURL }: OpenAiServer) {
  const lm = openai("base", { baseURL });
  return { clients: { main: lm }, children: [client({ name: "main", lm })], retry: FAST };
}

/** Again, and at once. */
export const FAST = backoff({ baseMs: 0, maxRepairs: 0, jitter: "none" });
