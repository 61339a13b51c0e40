// The loopback server in a process of its own, so that a bench measures its client alone.
import { fork } from "node:child_process";
import type { OpenAiServerOptions, ServedCounts } from "../../src/testing.ts";

/** What can be said to another process. */
export interface ServerSettings extends Pick<
  OpenAiServerOptions,
  "latencyMs" | "jitterMs" | "faults" | "headers" | "slowMs"
> {
  /** Answers by luck, as `lucky-answers.ts` has it, instead of right ones. Default false. */
  readonly lucky?: boolean;
  /** With `lucky`: whether what is sampled has luck of its own each time. Default false. */
  readonly fickle?: boolean;
  /** How much longer it takes where it is asked what is to be changed. Default 0. */
  readonly reflectMs?: number;
  /** From the first request on, each one is refused (429) for so long. Default: none is. */
  readonly wall?: { readonly ms: number; readonly headers: Readonly<Record<string, string>> };
}

export interface ServerProcess {
  readonly baseURL: string;
  counts(): Promise<ServedCounts>;
  stop(): void;
}

/**
 * A server that answers "What is N?" with what the question's number says, in the layout that {@link answerOf} knows, and
 * forgets each request when it is over.
 */
export async function startServer(settings: ServerSettings = {}): Promise<ServerProcess> {
  const child = fork(new URL("server-main.ts", import.meta.url), [JSON.stringify(settings)], {
    execArgv: ["--conditions=dspex-dev"],
  });
  const next = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      child.once("message", resolve as (message: unknown) => void);
      child.once("exit", (code) => reject(new Error(`the server's process ended with ${code}`)));
    });
  const { baseURL } = await next<{ baseURL: string }>();
  return {
    baseURL,
    counts() {
      const reply = next<ServedCounts>();
      child.send("counts");
      return reply;
    },
    stop: () => void child.kill(),
  };
}
