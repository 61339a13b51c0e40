// What is evaluated, and what the server makes of it: the same in every life.
import {
  backoff,
  client,
  type EvaluationReport,
  exactMatch,
  examples,
  openai,
  predict,
  signature,
  startSystem,
} from "dspex";
import type { ServerReply } from "dspex/testing";

export const EXAMPLES = 500;

const qa = signature("question -> answer");
export const set = examples(
  qa,
  Array.from({ length: EXAMPLES }, (_, index) => ({ question: `number ${index}`, answer: `answer ${index}` })),
);

/** Some are answered wrong, some never; the server's random faults come on top of that, and pass. */
export function replyTo(index: number): ServerReply {
  if (index % 50 === 7) return { status: 400 };
  if (index % 50 === 31) return { fault: "off_format" };
  return `[[ ## answer ## ]]\nanswer ${index % 9 === 4 ? "?" : index}\n\n[[ ## completed ## ]]`;
}

/** The example that a request is about. */
export function askedFor(messages: unknown): number {
  // The last one that is named: the system prompt names none.
  return Number(/number (\d+)/.exec(JSON.stringify(messages))?.[1]);
}

/** Evaluates it with that server, and tells what must not depend on how often it was killed on the way. */
export async function evaluated(baseURL: string, journal: string | undefined): Promise<string> {
  // A few faults in a row are chance here, and no sign that the server is down.
  const lm = openai("test-model", { baseURL, apiKey: "none" });
  const system = await startSystem({
    children: [client({ name: "main", lm, circuitBreaker: false })],
    logger: false,
    cache: false,
  });
  const report = await system.evaluate(predict(qa), set, exactMatch("answer"), {
    ...(journal !== undefined && { journal }),
    maxConcurrency: 50,
    retry: backoff({ maxAttempts: 20, baseMs: 1, maxMs: 20 }),
  });
  await system.stop();
  return told(report);
}

function told({ score, trials, partial, rows, failureCodes }: EvaluationReport): string {
  const lines = rows.map((row) => [row.index, { ...row.prediction }, row.score, row.error?.code, row.failed]);
  return JSON.stringify({ score, trials, partial, failureCodes, lines });
}
