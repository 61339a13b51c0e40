import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openaiServer, type OpenAiServer } from "../../src/testing/openai-server.ts";
import { until } from "../../src/testing/until.ts";
import { COMPILED } from "../cli/run-process.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const started: { readonly child: ChildProcess; readonly model: OpenAiServer }[] = [];

afterEach(async () => {
  for (const { child, model } of started.splice(0)) {
    child.kill("SIGKILL");
    await model.close();
  }
});

/** The service as a process of its own, and a model that answers when `release` is called. */
async function service() {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const model = await openaiServer({
    answer: async () => {
      await released;
      return "[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]";
    },
  });
  const child = spawn(process.execPath, ["--conditions=dspex-dev", "test/fixtures/programs/service.ts"], {
    cwd: ROOT,
    env: { ...COMPILED, PATH: process.env["PATH"], OPENAI_BASE_URL: model.baseURL, OPENAI_API_KEY: "test" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push({ child, model });
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  // Each its own question: equal ones in flight are one request.
  let asked = 0;
  const ask = async (): Promise<string> => {
    // A connection that were kept would hold the process up for seconds, as it would any server.
    const response = await fetch(`http://127.0.0.1:${String(port).trim()}/?q=${(asked += 1)}`, {
      headers: { connection: "close" },
    });
    return `${response.status} ${await response.text()}`;
  };
  /** Once the server is closed, the signal has been heard. */
  const closed = (): Promise<boolean> =>
    until(
      () =>
        new Promise<boolean>((resolve) => {
          const socket = connect(Number(String(port)), "127.0.0.1");
          socket.on("error", () => resolve(true));
          socket.on("connect", () => {
            socket.destroy();
            resolve(false);
          });
        }),
    );
  return { model, child, release, ask, closed, exited: once(child, "exit") };
}

test("on SIGTERM every accepted request is answered, and the process ends by itself with 0", async () => {
  const { model, child, release, ask, closed, exited } = await service();
  const asked = Array.from({ length: 20 }, ask);
  await until(() => model.inFlight === 20);
  child.kill("SIGTERM");
  await closed();
  expect(model.inFlight).toBe(20);
  release();
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, () => "200 yes"));
  expect(await exited).toEqual([0, null]);
});

test("a second signal cuts the drain short: what is under way is told so", async () => {
  const { model, child, ask, closed, exited } = await service();
  const asked = Array.from({ length: 3 }, ask);
  await until(() => model.inFlight === 3);
  child.kill("SIGTERM");
  await closed();
  child.kill("SIGTERM");
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 3 }, () => "502 cancelled"));
  expect(await exited).toEqual([0, null]);
});
