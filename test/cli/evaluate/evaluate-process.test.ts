import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readJournal } from "../../../src/foundation/journal.ts";
import { openaiServer, type OpenAiServer } from "../../../src/testing/openai-server.ts";
import { until } from "../../../src/testing/until.ts";
import { type ProcessOptions, runProgram } from "../run-process.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const QA = join(ROOT, "test", "fixtures", "cli", "qa.ts");

const EXAMPLES = 12;
/** Those that the server answers before it falls silent. */
const ANSWERED = 5;
const LANES = 3;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dspex-cli-process-"));
  const rows = Array.from({ length: EXAMPLES }, (_, index) => ({ question: `number ${index}.`, answer: `${index}` }));
  writeFileSync(join(folder, "dev.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers what is right; while it is silent, from the sixth example on nothing. */
async function server() {
  const told = { silent: true, asked: [] as number[] };
  const served: OpenAiServer = await openaiServer({
    answer({ messages }) {
      const index = Number(/number (\d+)\./.exec(JSON.stringify(messages))?.[1]);
      told.asked.push(index);
      if (told.silent && index >= ANSWERED) return { fault: "stall_before_headers" };
      return `[[ ## answer ## ]]\n${index}\n\n[[ ## completed ## ]]`;
    },
  });
  return Object.assign(told, { baseURL: served.baseURL, close: () => served.close() });
}

function evaluate(name: string, baseURL: string, options: Omit<ProcessOptions, "cwd"> = {}) {
  const words = ["--program", `${QA}#qa`, "--metric", "exactMatch:answer", "--set", "dev.jsonl"];
  const files = ["--journal", `${name}.jsonl`, "--html", `${name}.html`, "--junit", `${name}.xml`];
  const limits = ["--max-concurrency", String(LANES), "--fail-under", "100"];
  return runProgram(
    join(ROOT, "src", "cli", "main.ts"),
    ["evaluate", ...words, "--system", `${QA}#hosted`, ...files, ...limits],
    { ...options, cwd: folder, env: { OPENAI_BASE_URL: baseURL } },
  );
}

describe.concurrent("dspex evaluate as a process", () => {
  test.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "%s: the partial report, the journal kept, exit code 130; the same command asks only the rest",
    async (signal) => {
      const told = await server();
      try {
        const first = await evaluate(signal, told.baseURL, {
          onStart: (child) =>
            // All that is answered is on record once the next ones are asked.
            void until(() => told.asked.length === ANSWERED + LANES, { withinMs: 45_000 }).then(() =>
              child.kill(signal),
            ),
        });
        expect(first.code).toBe(130);
        expect(first.stdout).toMatch(
          /^score +100\.00 .*\npartial +not all trials were made: it was cancelled\ntrials +5$/m,
        );
        expect(first.stderr).toContain(`5/12 trials`);
        expect(first.stderr).toMatch(
          new RegExp(
            `^interrupted: 5 of 12 trials are done; they are kept in ${signal}\\.jsonl, .* only the rest$`,
            "m",
          ),
        );
        const { records } = await readJournal(join(folder, `${signal}.jsonl`));
        const lines = records.map(({ value }) => JSON.stringify(value));
        expect(lines.filter((line) => line.includes('"prediction":'))).toHaveLength(ANSWERED);
        expect(readFileSync(join(folder, `${signal}.html`), "utf8")).toContain("it was cancelled");
        expect(readFileSync(join(folder, `${signal}.xml`), "utf8")).toContain('tests="5"');

        told.silent = false;
        told.asked.length = 0;
        const second = await evaluate(signal, told.baseURL);
        expect(second.code).toBe(0);
        expect(told.asked.toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10, 11]);
        expect(second.stdout).toMatch(/^trials +12$/m);
        expect(second.stdout).toContain("5 predictions and 5 scores are from the journal");
        expect(readFileSync(join(folder, `${signal}.xml`), "utf8")).toContain('tests="12"');
      } finally {
        await told.close();
      }
    },
  );

  test("nobody reads the table: it ends quietly, by its own verdict, and the files are there", async () => {
    const made = await server();
    made.silent = false;
    try {
      const { code, stderr } = await evaluate("unread", made.baseURL, { onStart: (child) => child.stdout?.destroy() });
      expect({ code, lines: stderr.trim().split("\n").length }).toEqual({ code: 0, lines: 1 });
      expect(stderr).toContain("12/12 trials");
      expect(existsSync(join(folder, "unread.html"))).toBe(true);
    } finally {
      await made.close();
    }
  });
});
