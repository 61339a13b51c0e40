import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMBEDDED_MODEL } from "../../../src/lm/llama/embedded-model.ts";
import { openaiServer, type OpenAiServer } from "../../../src/testing/openai-server.ts";
import { until } from "../../../src/testing/until.ts";
import { nobodyAt, runProgram, type Ended, type ProcessOptions } from "../run-process.ts";

const KEY = "sk-right-0123456789abcdef";
const WRONG_KEY = "sk-wrong-fedcba9876543210";
/** On a busy machine a process takes many times as long to start. */
const BUSY_MS = 45_000;
const ANSWER = "Fault tolerance, by supervision.";

let folder: string;
let server: OpenAiServer;
let nobody: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-answer-"));
  nobody = await nobodyAt();
  server = await openaiServer({
    apiKey: KEY,
    models: ["small"],
    contextTokens: 4_000,
    // So that a request in flight can be found there.
    latencyMs: 50,
    answer: ({ messages }) =>
      JSON.stringify(messages).includes("never answer")
        ? { fault: "stall_before_headers" }
        : `[[ ## answer ## ]]\n${ANSWER}\n\n[[ ## completed ## ]]`,
  });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** `dspex answer`, with a hosted model unless `env` says otherwise. */
function answer(args: readonly string[], { env = {}, ...options }: ProcessOptions = {}): Promise<Ended> {
  const hosted = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: KEY, DSPEX_MODEL: "small" };
  return runProgram("src/cli/main.ts", ["answer", ...args], { ...options, env: { ...hosted, ...env } });
}

/** No hosted model, and no way to fetch weights: the hub and pip cannot be had. */
function stranded(cache: string): Readonly<Record<string, string>> {
  return { OPENAI_BASE_URL: "", OPENAI_API_KEY: "", DSPEX_CACHE: cache, HF_ENDPOINT: nobody, PATH: folder };
}

/** What every failure keeps to: one line on standard error, no stack, no key anywhere. */
function expectOneLine({ stderr, stdout }: Ended): void {
  const told = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("weights: "));
  expect(told).toEqual([expect.stringMatching(/^error: ./)]);
  expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at /);
  expectNoKey({ stderr, stdout });
}

function expectNoKey({ stderr, stdout }: Pick<Ended, "stderr" | "stdout">): void {
  for (const key of [KEY, WRONG_KEY]) expect(`${stdout}${stderr}`).not.toContain(key.slice(8));
}

describe.concurrent("dspex answer as a process", () => {
  test("answers, and shows how a client that is killed comes back and its request is made again", async () => {
    const { code, stdout, stderr } = await answer([]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model: small, at 127\.0\.0\.1:\d+\n/);
    expect(stdout).toContain(`answer: ${ANSWER}\nmodel: small · `);
    const [, before = "", after = ""] = stdout.split(/^The processes.*$/m);
    expect(before).toContain("└── openai  client (small, 1 in flight)");
    expect(before).toContain("└── ContextQA  run");
    expect(before).toMatch(/clients +openai has ended \(killed\): it is started again\n/);
    expect(before).toMatch(/clients +openai is up again/);
    expect(before).toMatch(/run-2 +request 1 failed \(client_down\): asks again in \d+ ms\n/);
    expect(before).toContain(`answer: ${ANSWER}`);
    expect(after).toContain("└── openai  client (small, restarted 1 time)");
    expect(after).not.toContain("ContextQA");
    expectNoKey({ stdout, stderr });
  });

  test("--json prints one object, here about standard input", async () => {
    const args = ["--question", "Who mends it?", "--context", "-", "--json"];
    const { code, stdout, stderr } = await answer(args, { input: "Supervisors restart what crashed." });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      answer: ANSWER,
      model: "small",
      usage: expect.objectContaining({ totalTokens: expect.any(Number) as number }) as object,
      ms: expect.any(Number) as number,
      restarts: 0,
    });
    expect(stderr).toMatch(/^model: small, at /);
    const asked = server.requests.map(({ body }) => JSON.stringify(body));
    expect(asked.filter((body) => body.includes("Supervisors restart what crashed."))).toHaveLength(1);
  });

  test.each([
    ["an empty question", ["--question", " "], "the question is empty"],
    ["a file that is not there", ["--question", "Why?", "--context", "/no/such/file"], "there is no file"],
  ])("%s is wrong usage", async (_, args, said) => {
    const ended = await answer(args);
    expect(ended).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(said) as string });
    expectOneLine(ended);
  });

  test.each([
    ["a wrong key", { OPENAI_API_KEY: WRONG_KEY }, [], /refused the API key \(401\): check OPENAI_API_KEY/],
    ["a model that does not exist", { DSPEX_MODEL: "large" }, [], /model "large" does not exist .* check its name/],
    ["a client that is not in the tree", {}, ["--client", "llama"], /no client "llama"; there are: openai/],
    ["a base URL that is none", { OPENAI_BASE_URL: "localhost" }, [], /OPENAI_BASE_URL must be an http or https URL/],
  ])("%s: code 1 and one line that says what to do", async (_, env, args, said) => {
    const ended = await answer(["--question", "Why?", "--json", ...args], { env });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(said);
    expectOneLine({ ...ended, stderr: ended.stderr.replace(/^model: .*\n/, "") });
  });

  test("a context longer than the model's window: shorten it", async () => {
    const input = "All work and no play. ".repeat(2_000);
    const ended = await answer(["--question", "Why?", "--context", "-"], { input });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/too long for model "small": shorten the inputs/);
    expectOneLine(ended);
  });

  test("a server that is not there is asked again a few times, in sight, and given up within seconds", async () => {
    const ended = await answer(["--question", "Why?"], { env: { OPENAI_BASE_URL: `${nobody}/v1` } });
    expect(ended.code).toBe(1);
    const waits = [...ended.stdout.matchAll(/request \d failed \(connection\): asks again in (\d+) ms\n/g)];
    expect(waits).toHaveLength(3);
    expect(waits.reduce((sum, [, ms]) => sum + Number(ms), 0)).toBeLessThan(10_000);
    expect(ended.stderr).toMatch(/nothing answers at 127\.0\.0\.1:\d+ .* is the server running/);
    expectOneLine(ended);
  });

  test("--verbose shows the stack, and still no key", async () => {
    const ended = await answer(["--question", "Why?", "--verbose"], { env: { OPENAI_API_KEY: WRONG_KEY } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/\n\s+at /);
    expect(ended.stdout).toMatch(/run-1 +give up \(not_retryable\)/);
    expectNoKey(ended);
  });

  test("weights that are damaged and cannot be fetched anew: what each source said, and what to do", async () => {
    await writeFile(join(folder, EMBEDDED_MODEL.fileName), "GGUF, but not for long");
    const ended = await answer(["--question", "Why?", "--json"], { env: stranded(folder) });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^weights: .* it will be replaced$/m);
    expect(ended.stderr).toMatch(/^error: .*could not be fetched .*set DSPEX_CACHE/m);
    expectOneLine(ended);
  });

  test("without any model the reader answers, and each output says so", async () => {
    const { code, stdout, stderr } = await answer([], { env: stranded(join(folder, "none")) });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^model: extractive-reader \(no language model!\)\. NO LANGUAGE MODEL COULD BE HAD/);
    expect(stdout.match(/^model: extractive-reader \(no language model!\) · /gm)).toHaveLength(2);
    expect(stdout).toContain("reader is up again");
    expect(stderr).toMatch(/^(?:weights: .*\n)+$/);
  });

  test.skipIf(process.platform === "win32")("Ctrl-C ends it in order, also in the middle of a question", async () => {
    const question = "You never answer, do you?";
    const asked = () => server.requests.some(({ body }) => JSON.stringify(body ?? "").includes(question));
    const ended = await answer(["--question", question], {
      onStart(child) {
        // Twice: npm passes on what the terminal has sent to both.
        const interrupt = () => child.kill("SIGINT") && child.kill("SIGINT");
        void until(asked, { withinMs: BUSY_MS }).then(interrupt);
      },
    });
    expect(ended).toMatchObject({ code: 130, stderr: "interrupted\n" });
  });
});
