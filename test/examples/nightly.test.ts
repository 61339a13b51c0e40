import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ChatRequestBody } from "../../src/testing/openai-reply.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { until } from "../../src/testing/until.ts";
import { COMPILED } from "../cli/run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Right once it is shown how: where there are demos before the question. */
function answerTo({ messages }: ChatRequestBody): string {
  const number = /number (\d+)/.exec(JSON.stringify(messages.at(-1)))?.[1];
  return `[[ ## answer ## ]]\n${messages.length > 2 ? number : "no idea"}\n\n[[ ## completed ## ]]`;
}

test("examples/06-nightly.ts answers while it optimizes, and answers better afterwards, with no request dropped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dspex-nightly-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const rows = Array.from({ length: 12 }, (_, n) => ({ question: `number ${n}?`, answer: `${n}` }));
  writeFileSync(join(folder, "train.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const gate = Promise.withResolvers<void>();
  const model = await openaiServer({
    async answer(body) {
      // The optimization stands still until people have asked.
      if (!JSON.stringify(body.messages.at(-1)).includes("number 9")) await gate.promise;
      return answerTo(body);
    },
  });
  onTestFinished(() => model.close());
  const child: ChildProcess = spawn(
    process.execPath,
    [
      "--conditions=dspex-dev",
      "--import",
      join(ROOT, "test", "fixtures", "programs", "report-port.ts"),
      join(ROOT, "examples", "06-nightly.ts"),
    ],
    {
      cwd: folder,
      env: { ...COMPILED, PATH: process.env["PATH"], OPENAI_BASE_URL: model.baseURL, OPENAI_API_KEY: "test" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until(() => said.includes("\n"), { withinMs: 45_000 });
  const ask = async (number: number): Promise<string> => {
    const url = `http://127.0.0.1:${Number(said.split("\n")[0])}/?q=number+${number}`;
    // A connection that were kept would hold the process up for seconds, as it would any server.
    const response = await fetch(url, { headers: { connection: "close" } });
    return `${response.status} ${await response.text()}`;
  };
  expect(await ask(99)).toBe("200 no idea");
  const asked = Array.from({ length: 20 }, (_, n) => ask(900 + n));
  gate.resolve();
  // One after the other, so that there is always somebody who asks.
  for (let number = 920; !said.includes("upgraded"); number += 1) {
    asked.push(ask(number));
    await asked.at(-1);
  }
  const exited = once(child, "exit");
  const last = Array.from({ length: 20 }, (_, n) => ask(9000 + n));
  expect(await Promise.all(last)).toEqual(last.map((_, n) => `200 ${9000 + n}`));
  expect((await Promise.all(asked)).filter((each) => !each.startsWith("200 "))).toEqual([]);
  expect(said).toMatch(/^upgraded: 100 on the valset, after \d+ LM calls$/m);
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
