import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { answerCommand } from "../../../src/cli/answer/answer-command.ts";
import type { Answered, Answering, Stage } from "../../../src/cli/answer/answer.ts";
import type { Choice } from "../../../src/cli/answer/choose-model.ts";
import { EXTRACTIVE_READER } from "../../../src/cli/answer/extractive-reader.ts";
import { type CliWorld, READER_GONE } from "../../../src/cli/cli-world.ts";
import { runCli } from "../../../src/cli/run-cli.ts";
import { UsageError } from "../../../src/foundation/errors.ts";
import { LmError } from "../../../src/lm/failure.ts";
import { scripted } from "../../../src/testing/scripted.ts";
import { madeWorld } from "../made-world.ts";

const answered: Answered = {
  answer: "It is concurrent.",
  model: "tiny",
  usage: { inputTokens: 80, outputTokens: 5, totalTokens: 85 },
  ms: 1_234.5,
};
const choice: Choice = { name: "llama", lm: scripted([]), line: "model: tiny, in this process" };

/** A world without processes: what was printed, what was done, and in which order. */
function world(more: Partial<Stage> = {}, setup: Partial<Answering & CliWorld> = {}) {
  const done: string[] = [];
  let crashed = 0;
  const stage: Stage = {
    ask(question, context, client) {
      done.push(
        `ask ${client ?? ""}${client === undefined ? "" : ": "}${question} about ${context?.slice(0, 8) ?? "nothing"}`,
      );
      return { inFlight: Promise.resolve(), answered: Promise.resolve(answered) };
    },
    drawTree: () => {
      done.push("tree");
      return "root\n└── client";
    },
    crashClient: () => {
      done.push("crash");
      crashed += 1;
    },
    restarts: () => crashed,
    listen: () => () => void done.push("silence"),
    stop: async () => void done.push("stop"),
    ...more,
  };
  const { choose = async () => choice, start = async () => stage, ...rest } = setup;
  const made = madeWorld({ input: Readable.from(["Piped in."]), ...rest });
  const run = (...words: string[]) =>
    runCli(["answer", ...words], made.world, [(inWorld, onEnd) => answerCommand(inWorld, onEnd, { choose, start })]);
  return { done, printed: made.printed, stage, run };
}

describe("dspex answer", () => {
  test("answers, then crashes the client while a second question is in flight", async () => {
    const { done, printed, run } = world();
    expect(await run()).toBe(0);
    expect(done).toEqual([
      "ask What is the primary benefit of the BEAM virtual machine? about The BEAM",
      "silence",
      "ask What are its key features? about The BEAM",
      "tree",
      "crash",
      "silence",
      "tree",
      "stop",
    ]);
    expect(printed.err).toBe("");
    expect(printed.out.match(/^answer: It is concurrent\.$/gm)).toHaveLength(2);
    expect(printed.out).toContain("model: tiny · 80 tokens in, 5 out · 1.2 s");
    expect(printed.out).toContain("  root\n  └── client");
  });

  test("a question of the user's own is answered without the show", async () => {
    const { done, run } = world();
    expect(await run("--question", "Why?", "--context", "-")).toBe(0);
    expect(done).toEqual(["ask Why? about Piped in", "silence", "stop"]);
  });

  test("what the system tells is shown in columns, with the time", async () => {
    const { printed, run } = world({
      listen(tell) {
        tell("run-1", "asks again");
        return () => undefined;
      },
    });
    await run("--question", "Why?");
    expect(printed.out).toContain("\n   0.000 s  run-1    asks again\n");
  });

  test("the client to ask may be named", async () => {
    const { done, run } = world();
    await run("--question", "Why?", "--client", "llama");
    expect(done[0]).toBe("ask llama: Why? about nothing");
  });

  test("interrupted: one word, the code of shells, and the system is stopped", async () => {
    const interrupted = new AbortController();
    const ask = () => {
      interrupted.abort();
      const cancelled = new LmError("the call was cancelled", { code: "cancelled" });
      return { inFlight: Promise.resolve(), answered: Promise.reject(cancelled) };
    };
    const { done, printed, run } = world({ ask }, { signal: interrupted.signal });
    expect(await run()).toBe(130);
    expect(printed.err).toBe("interrupted\n");
    expect(done.at(-1)).toBe("stop");
  });

  test("nobody reads any more: it ends quietly, and the system is stopped", async () => {
    const ending = new AbortController();
    const ask = () => {
      ending.abort(READER_GONE);
      const cancelled = new LmError("the call was cancelled", { code: "cancelled" });
      return { inFlight: Promise.resolve(), answered: Promise.reject(cancelled) };
    };
    const { done, printed, run } = world({ ask }, { signal: ending.signal });
    expect(await run()).toBe(0);
    expect(printed.err).toBe("");
    expect(done.at(-1)).toBe("stop");
  });

  test("a question may be asked about nothing", async () => {
    const { done, run } = world();
    await run("--question", "Why?");
    expect(done[0]).toBe("ask Why? about nothing");
  });

  test.each([[["--json"]], [["--json", "--question", "Why?"]]])(
    "%j prints one object and nothing else",
    async (words) => {
      const { printed, run } = world();
      expect(await run(...words)).toBe(0);
      expect(printed.out.endsWith("\n")).toBe(true);
      expect(JSON.parse(printed.out)).toEqual({ ...answered, ms: 1_235, restarts: 0 });
      expect(printed.err).toContain("model: tiny");
    },
  );

  test.each([
    [["--jsn"], "'--jsn'"],
    [["--json=yes"], "--json"],
    [["Why?"], "too many arguments"],
    [["--question"], "argument missing"],
    [["--client", "llama"], "--client needs a --question"],
    [["--question", ""], "the question is empty"],
    [["--question", "Why?", "--context", "/no/such/file"], "there is no file /no/such/file"],
  ])("%j is wrong usage: code 2, one line on standard error", async (words, said) => {
    const { done, printed, run } = world();
    expect(await run(...words)).toBe(2);
    expect(printed.out).toBe("");
    expect(printed.err).toMatch(/^error: [^\n]+\n$/);
    expect(printed.err).toContain(said);
    expect(done).toEqual([]);
  });

  test("--help goes to standard output, code 0", async () => {
    const { printed, run } = world();
    expect(await run("--help")).toBe(0);
    expect(printed.out).toContain("--question");
  });

  test("a failed run: code 1, one line without a stack, and the system is stopped", async () => {
    const failure = new LmError("no model here\n  at all", { code: "not_found", cause: new Error("beneath") });
    const ask = () => ({ inFlight: Promise.resolve(), answered: Promise.reject(failure) });
    const { done, printed, run } = world({ ask });
    expect(await run("--question", "Why?")).toBe(1);
    expect(printed.err).toBe("error: no model here at all\n");
    expect(done).toEqual(["stop"]);
  });

  test("--verbose shows the stack and what lies beneath", async () => {
    const failure = new LmError("no model here", { code: "not_found", cause: new Error("beneath") });
    const ask = () => ({ inFlight: Promise.resolve(), answered: Promise.reject(failure) });
    const { printed, run } = world({ ask });
    expect(await run("--question", "Why?", "--verbose")).toBe(1);
    expect(printed.err).toMatch(/no model here\n\s+at .*caused by: Error: beneath/s);
  });

  test("where the embedded model cannot run after all, the reader answers, and it is said", async () => {
    const { stage } = world();
    const started: string[] = [];
    const start: Answering["start"] = async ({ name, lm }) => {
      started.push(lm.model);
      if (name === "llama") throw new UsageError("there is no engine for this machine");
      return stage;
    };
    const { printed, run } = world({}, { start });
    expect(await run("--question", "Why?")).toBe(0);
    expect(started[1]).toBe(EXTRACTIVE_READER);
    expect(printed.out).toContain("NO LANGUAGE MODEL COULD BE HAD");
    expect(printed.out).toContain("there is no engine for this machine");
  });

  test("a hosted model that cannot start is an error, and nothing else answers", async () => {
    const start = () => Promise.reject(new UsageError("no API key"));
    const { printed, run } = world({}, { start, choose: async () => ({ ...choice, name: "openai" }) });
    expect(await run()).toBe(1);
    expect(printed.err).toBe("error: no API key\n");
  });
});
