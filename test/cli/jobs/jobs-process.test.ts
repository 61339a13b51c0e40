import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../../../src/cli/run-cli.ts";
import { openaiServer } from "../../../src/testing/openai-server.ts";
import { until } from "../../../src/testing/until.ts";
import { madeWorld } from "../made-world.ts";
import { runProgram } from "../run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const MODULE = join(ROOT, "test", "fixtures", "cli", "shouting.ts");

test("a job that another process compiles is listed and cancelled from here; then the same command goes on", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "dspex-cli-jobs-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const told = { stuck: true };
  const server = await openaiServer({
    answer({ messages }) {
      const text = JSON.stringify(messages);
      if (told.stuck && text.includes("shout")) return { fault: "stall_before_headers" };
      const question = /question ## \]\]\\n(\w)/.exec(JSON.stringify(messages.at(-1)))?.[1];
      return `[[ ## answer ## ]]\n${text.includes("shout") ? `right ${question}` : "wrong"}\n\n[[ ## completed ## ]]`;
    },
  });
  onTestFinished(() => server.close());
  const names = { teleprompter: "mumbleAndShout", program: "qa", train: "set", system: "hosted" };
  const words = Object.entries(names).flatMap(([name, value]) => [`--${name}`, `${MODULE}#${value}`]);
  const command = ["compile", ...words, "--folder", "job", "--max-concurrency", "1"];
  const compile = (onStart?: NonNullable<Parameters<typeof runProgram>[2]>["onStart"]) =>
    runProgram(join(ROOT, "src", "cli", "main.ts"), command, {
      cwd,
      env: { OPENAI_BASE_URL: server.baseURL },
      ...(onStart && { onStart }),
    });
  const here = async (...given: readonly string[]) => {
    const { world, printed } = madeWorld({ cwd });
    await runCli(given, world);
    return printed.out;
  };

  let pid: number | undefined;
  const first = compile((child) => ({ pid } = child));
  await until(() => server.requests.length === 4, { withinMs: 45_000 });
  expect(await here("jobs", "list")).toMatch(
    new RegExp(`job +│ tries qa │ running: process ${pid} +│ +1 │ 0\\.00 │ +3 │`),
  );
  await here("jobs", "cancel", "job");
  const cancelled = await first;
  expect(cancelled.code).toBe(1);
  expect(cancelled.stdout).toMatch(/^state +cancelled$/m);
  expect(cancelled.stderr).toContain(
    'error: the job "tries qa" was cancelled: somebody wants that by the file control.json',
  );

  told.stuck = false;
  const second = await compile();
  expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("saved: job/best.json") as string });
  expect(second.stderr).toMatch(/^the job in job was cancelled: it is taken up again$/m);
  // Three of each candidate, and the one that was in flight when it was cancelled.
  expect(server.requests).toHaveLength(7);
});
