import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ChatRequestBody } from "../../src/testing/openai-reply.ts";
import { type OpenAiServer, openaiServer } from "../../src/testing/openai-server.ts";
import { type OpenAiServerOptions } from "../../src/testing/server-options.ts";
import { until } from "../../src/testing/until.ts";
import { COMPILED } from "../cli/run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const started: { readonly child: ChildProcess; readonly model: OpenAiServer }[] = [];

afterEach(async () => {
  for (const { child, model } of started.splice(0)) {
    child.kill("SIGKILL");
    await model.close();
  }
});

/** What it says to a question, in the layout that programs read. */
function answerTo({ messages }: ChatRequestBody): string {
  const question = /question \d+/.exec(JSON.stringify(messages.at(-1)))?.[0] ?? "nothing";
  return `[[ ## answer ## ]]\nre ${question}\n\n[[ ## completed ## ]]`;
}

/** The example as a process of its own, before a model that a test plays. */
async function service(answer: NonNullable<OpenAiServerOptions["answer"]>) {
  const model = await openaiServer({ answer });
  const flags = ["--conditions=dspex-dev", "--import", "./test/fixtures/programs/report-port.ts"];
  const child = spawn(process.execPath, [...flags, "examples/04-service.ts"], {
    cwd: ROOT,
    env: { ...COMPILED, PATH: process.env["PATH"], OPENAI_BASE_URL: model.baseURL, OPENAI_API_KEY: "test" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push({ child, model });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [printed] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const port = Number(String(printed).trim());
  const ask = async (number: number, signal?: AbortSignal): Promise<string> => {
    const url = `http://127.0.0.1:${port}/?q=${encodeURIComponent(`question ${number}`)}`;
    // A connection that were kept would hold the process up for seconds, as it would any server.
    const response = await fetch(url, { headers: { connection: "close" }, ...(signal && { signal }) });
    return `${response.status} ${await response.text()}`;
  };
  /** Once it takes no more connections, it has heard the signal. */
  const closed = (): Promise<boolean> =>
    until(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(port, "127.0.0.1");
          socket.on("error", () => resolve(true));
          socket.on("connect", () => resolve(socket.destroy() === undefined));
        }),
    );
  return { model, child, ask, closed, exited: once(child, "exit"), said: () => said };
}

const right = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => `200 {"answer":"re question ${from + n}"}`);

describe("examples/04-service.ts", () => {
  test("answers requests; on SIGTERM in the middle each accepted one is answered, and it ends with 0", async () => {
    const gate = Promise.withResolvers<void>();
    const { model, child, ask, closed, exited, said } = await service(async (body) => {
      if (!JSON.stringify(body).includes("question 0")) await gate.promise;
      return answerTo(body);
    });
    expect(await ask(0)).toBe(right(1)[0]);
    const asked = Array.from({ length: 50 }, (_, n) => ask(n + 1));
    await until(() => model.inFlight === 50);
    child.kill("SIGTERM");
    await closed();
    expect(model.inFlight).toBe(50);
    gate.resolve();
    expect(await Promise.all(asked)).toEqual(right(50, 1));
    expect(await exited).toEqual([0, null]);
    expect(said()).toBe("");
  });

  test("goes through the model's failures, and says what is no use trying again", async () => {
    const failed = new Set<string>();
    const { ask, child, exited } = await service((body) => {
      const text = JSON.stringify(body.messages);
      if (text.includes("question 7")) return { status: 400 };
      if (failed.has(text)) return answerTo(body);
      failed.add(text);
      return text.includes("question 2") ? { fault: "reset_before_headers" } : { status: 503 };
    });
    const answers = await Promise.all([1, 2, 3, 7].map((number) => ask(number)));
    expect(answers).toEqual([...right(3, 1), '502 {"error":"bad_request"}']);
    child.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  });

  test("a caller that hangs up takes its request to the model along", async () => {
    const { model, ask, child, exited } = await service(() => new Promise(() => {}));
    const gone = new AbortController();
    const asked = ask(1, gone.signal).catch(() => "gone");
    await until(() => model.inFlight === 1);
    gone.abort();
    expect(await asked).toBe("gone");
    await until(() => model.inFlight === 0);
    child.kill("SIGINT");
    expect(await exited).toEqual([0, null]);
  });
});
