// A trainer over HTTP that really learns: a tabular softmax policy, a row of logits for each question, and the policy's own gradient.
// It speaks the serverless training protocol and serves its checkpoints by name, as chat completions.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { pythonRandom } from "../../../src/foundation/python-random.ts";
import { advantagesOf } from "../../../src/teleprompters/grpo/rollout-groups.ts";

export const ANSWERS = ["red", "green", "blue", "grey"] as const;

interface Choice {
  readonly message: { readonly content: string };
}

interface Trajectory {
  readonly messages_and_choices: readonly (object | Choice)[];
  readonly reward: number;
}

interface Asked {
  readonly trajectory_groups: readonly { readonly trajectories: readonly Trajectory[] }[];
}

type Logits = ReadonlyMap<string, readonly number[]>;

export interface ArtServer {
  readonly baseURL: string;
  /** Bodies of the steps that were carried out. */
  readonly steps: readonly Asked[];
  /** How likely the right answer is to a question at a checkpoint. */
  chanceOf(step: number, question: string, answer: string): number;
}

export interface ArtServerOptions {
  /** Each advantage goes to the next trajectory of its group: a mistake that must show. */
  readonly misaligned?: boolean;
  /** What becomes of the so-manieth request for a step, from 0. */
  befalls?(index: number): "answer_lost" | "request_lost" | "refused" | undefined;
  /** Events that a step has, before it has ended. Default: it has ended at once. */
  readonly failure?: string;
}

const RATE = 1.5;

export async function artServer(options: ArtServerOptions = {}): Promise<ArtServer> {
  const checkpoints: Logits[] = [new Map()];
  const steps: Asked[] = [];
  const random = pythonRandom(7);
  let asked = 0;

  const train = (body: Asked): void => {
    steps.push(body);
    const logits = new Map(checkpoints.at(-1));
    for (const { trajectories } of body.trajectory_groups) {
      const advantages = advantagesOf(trajectories.map(({ reward }) => reward));
      for (const [at, { messages_and_choices: said }] of trajectories.entries()) {
        const question = questionIn(said.slice(0, -1));
        const row = logits.get(question) ?? ANSWERS.map(() => 0);
        const chosen = answerIn(said.at(-1) as Choice);
        if (chosen < 0) continue;
        const place = options.misaligned === true ? (at + 1) % advantages.length : at;
        // The gradient of log softmax, by the advantage.
        const step = (RATE * (advantages[place] ?? 0)) / trajectories.length;
        const chances = softmax(row);
        logits.set(
          question,
          row.map((each, action) => each + step * ((action === chosen ? 1 : 0) - (chances[action] ?? 0))),
        );
      }
    }
    checkpoints.push(logits);
  };
  const sample = (model: string, question: string): string => {
    const step = Number(/:step(\d+)$/.exec(model)?.[1] ?? 0);
    const row = checkpoints[step]?.get(question) ?? ANSWERS.map(() => 0);
    let left = random.next();
    const chosen = softmax(row).findIndex((chance) => (left -= chance) < 0);
    return ANSWERS[Math.max(0, chosen)] ?? "";
  };
  const answer = async (request: IncomingMessage): Promise<object | "lost" | number> => {
    const body = JSON.parse((await text(request)) || "{}") as Record<string, never>;
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/v1/chat/completions")
      return completion(sample(body["model"] ?? "", questionIn(body["messages"] ?? [])));
    if (pathname === "/v1/preview/models") return { id: "model-1", entity: "us", project: "colours", name: "painter" };
    if (pathname.endsWith("/checkpoints"))
      return { data: checkpoints.length === 1 ? [] : [{ id: "c", step: checkpoints.length - 1, metrics: {} }] };
    if (pathname === "/v1/preview/training-jobs") {
      const fault = options.befalls?.(asked++);
      if (fault === "refused") return 422;
      if (fault === "request_lost") return "lost";
      train(body as unknown as Asked);
      return fault === "answer_lost" ? "lost" : { id: `job-${steps.length}` };
    }
    if (options.failure !== undefined)
      return { data: [{ id: "e", type: "training_failed", data: { error: options.failure } }] };
    return { data: [{ id: "e", type: "training_ended", data: {} }] };
  };
  const server = createServer((request, response) => {
    void answer(request).then((said) => {
      if (said === "lost") return request.socket.destroy();
      const isStatus = typeof said === "number";
      response.writeHead(isStatus ? said : 200, { "content-type": "application/json" });
      return response.end(JSON.stringify(isStatus ? { detail: "no" } : said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => closed(server));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    steps,
    chanceOf(step, question, wanted) {
      const row = checkpoints[step]?.get(question) ?? ANSWERS.map(() => 0);
      return softmax(row)[ANSWERS.findIndex((each) => each === wanted)] ?? 0;
    },
  };
}

function closed(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function softmax(row: readonly number[]): readonly number[] {
  const most = Math.max(...row);
  const raised = row.map((each) => Math.exp(each - most));
  const sum = raised.reduce((all, each) => all + each, 0);
  return raised.map((each) => each / sum);
}

function questionIn(messages: readonly object[]): string {
  return /colour of (\w+)/.exec(JSON.stringify(messages.at(-1)))?.[1] ?? "";
}

/** As it was sampled: what is sent in a layout written anew is no answer of this policy. */
function answerIn({ message }: Choice): number {
  return ANSWERS.findIndex((each) => message.content === raw(each));
}

function raw(answer: string): string {
  return `Well.\n\n[[ ## answer ## ]]\n${answer}   `;
}

function completion(answer: string): object {
  return {
    id: "chat",
    object: "chat.completion",
    created: 0,
    model: "policy",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: raw(answer) } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}
