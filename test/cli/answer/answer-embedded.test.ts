import { describe, expect, test } from "vitest";
import { defaultCacheFolder, embeddedWeightsPresent } from "../../../src/lm/llama/llama.ts";
import { nobodyAt, runProgram, type ProcessOptions } from "../run-process.ts";

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

/** On a busy machine, where everything takes many times as long. */
const BUSY_MS = 120_000;

describe.skipIf(absent)(`dspex answer on the embedded model${why}`, () => {
  const answer = async (args: readonly string[], options: ProcessOptions = {}) =>
    runProgram("src/cli/main.ts", ["answer", ...args], {
      ...options,
      // The weights are there: whoever asks the hub all the same gets nowhere.
      env: { DSPEX_CACHE: defaultCacheFolder(), HF_ENDPOINT: await nobodyAt() },
    });

  test(
    "answers, and answers again after its model was killed and loaded anew",
    async () => {
      const { code, stdout, stderr } = await answer([]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^weights: .*\n$/);
      const answers = [...stdout.matchAll(/^answer: (.*)\nmodel: (\S+) · (\d+) tokens in, \d+ out · \d+\.\d s$/gm)];
      expect(answers.map(([, , model]) => model)).toEqual(["SmolLM2-135M-Instruct", "SmolLM2-135M-Instruct"]);
      expect(answers[0]?.[1]).toMatch(/concurren|fault|distribut/);
      expect(answers[1]?.[1]).toMatch(/process|preemptive|crash|supervis/);
      expect(stdout).toContain("└── llama  client (SmolLM2-135M-Instruct, 1 in flight)");
      expect(stdout).toMatch(/run-2 +request 1 failed \(client_down\)/);
      expect(stdout).toMatch(/clients +llama is up again/);
      expect(stdout).toContain("└── llama  client (SmolLM2-135M-Instruct, restarted 1 time)");
    },
    BUSY_MS,
  );

  test(
    "another context gives another answer, as one object",
    async () => {
      const args = ["--question", "Where does Bob live?", "--context", "-", "--json"];
      const { code, stdout } = await answer(args, {
        input: "Alice has a red car. Bob owns two cats and lives in Paris.",
      });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        answer: expect.stringContaining("Paris") as string,
        model: "SmolLM2-135M-Instruct",
        restarts: 0,
      });
    },
    BUSY_MS,
  );

  test(
    "a context longer than its window: one line that says to shorten it",
    async () => {
      const input = "The quick brown fox jumps. ".repeat(1_000);
      const { code, stderr } = await answer(["--question", "Who jumps?", "--context", "-"], { input });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: the prompt has \d+ tokens .* holds 4096: shorten the prompt.*\n$/m);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
    BUSY_MS,
  );
});
