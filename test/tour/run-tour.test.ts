import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import type { Chapter, ChapterWorld } from "../../tour/chapter.ts";
import { compileOn } from "../../tour/chapters/compile.ts";
import { crash } from "../../tour/chapters/crash.ts";
import { evaluateOn } from "../../tour/chapters/evaluate.ts";
import { runTour, type TourWorld } from "../../tour/run-tour.ts";
import { nobodyAt, runProgram } from "../cli/run-process.ts";
import { pastModel } from "./past-model.ts";

function listener() {
  const said: string[] = [];
  return { write: (text: string) => said.push(text), text: () => said.join("") };
}

function world(changes: Partial<Pick<TourWorld, "signal" | "model">> = {}) {
  const out = listener();
  const err = listener();
  const { signal } = new AbortController();
  const unread = { env: {}, cwd: ".", input: (async function* nothing() {})(), clock: testClock() };
  return { ...unread, out, err, signal, model: () => Promise.resolve(scripted([])), ...changes };
}

function chapter(title: string, run: (world: ChapterWorld) => Promise<number>): Chapter {
  return { title, run };
}

const fine = chapter("fine", async ({ out }) => {
  out.write("all is well\n");
  return 0;
});

describe("the tour", () => {
  test("shows one chapter after the other, and says when it is over", async () => {
    const { out, err, ...rest } = world();
    expect(await runTour([fine, fine], { out, err, ...rest })).toBe(0);
    expect(out.text()).toMatch(
      /^── 1 of 2: fine\n\nall is well\n\n\n── 2 of 2: fine\n\nall is well\n\nThat was the tour: /,
    );
    expect(err.text()).toBe("");
  });

  test("ends with the first chapter that fails, by its code or in one line", async () => {
    const { out, err, ...rest } = world();
    expect(await runTour([chapter("bad", async () => 1), fine], { out, err, ...rest })).toBe(1);
    const throws = chapter("worse", () => Promise.reject(new UsageError("the disk\n is full")));
    expect(await runTour([throws, fine], { out, err, ...rest })).toBe(1);
    expect(err.text()).toBe("error: the disk is full\n");
    expect(out.text()).not.toContain("well");
  });

  test("has nothing to show without the model", async () => {
    const { out, err, ...rest } = world({ model: () => Promise.reject(new UsageError("no way to the hub")) });
    expect(await runTour([fine], { out, err, ...rest })).toBe(1);
    expect(err.text()).toBe("error: the tour needs the embedded model, and it cannot be had: no way to the hub\n");
    expect(out.text()).toBe("");
  });

  test.each(["while the model is fetched", "in a chapter that ends in order", "in a chapter that is cut short"])(
    "interrupted %s it ends with 130",
    async (when) => {
      const ending = new AbortController();
      const { signal } = ending;
      const cutShort = (): Promise<never> => {
        ending.abort();
        return Promise.reject(new Error("cancelled"));
      };
      const { out, err, ...rest } = world({
        signal,
        ...(when === "while the model is fetched" && { model: cutShort }),
      });
      const first = chapter("first", when.endsWith("cut short") ? cutShort : async () => (ending.abort(), 0));
      expect(await runTour([first, fine], { out, err, ...rest })).toBe(130);
      expect(out.text()).not.toContain("well");
      expect(err.text()).not.toContain("error");
    },
  );

  test("as a process, without weights and without a way to them: one line, and 1", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dspex-tour-"));
    const env = { DSPEX_CACHE: folder, HF_ENDPOINT: await nobodyAt(), PATH: folder };
    const { code, stdout, stderr } = await runProgram("tour/main.ts", [], { env });
    await rm(folder, { recursive: true });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const told = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("weights: "));
    expect(told).toEqual([expect.stringMatching(/^error: the tour needs the embedded model, .* DSPEX_CACHE /)]);
  });
});

describe("its chapters", () => {
  test("the crash: what cannot run is not stood in for by what is no model", async () => {
    const { model: _model, ...own } = world();
    const { out, err } = own;
    const broken = Object.freeze({ ...scripted([]), open: () => Promise.reject(new UsageError("no engine here")) });
    expect(await crash.run({ ...own, lm: broken })).toBe(1);
    expect(err.text()).toMatch(/^error: .*no engine here/);
    expect(out.text()).not.toContain("reader");
  });

  test("the evaluation: both programs on the same verbs, the one with demos shown", async () => {
    const { model: _model, ...own } = world();
    const { out } = own;
    const lm = pastModel();
    // The bar's.
    const bar = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      expect(await evaluateOn({ ...own, lm }, 3)).toBe(0);
      expect(bar.mock.calls.join("")).toContain("6/6 trials");
    } finally {
      bar.mockRestore();
    }
    expect(out.text()).toContain("hurt → hurt, sell → sold, hand → handed, print → printed");
    expect(out.text()).toMatch(/program +four demos\nscore +33\.33 /);
    expect(out.text()).toMatch(/│ lift +│ lifted +│ lifted +│ +1 │/);
    expect(out.text()).toContain("Without demos it scores 0.00. Verb by verb the demos win 1, lose 0 and tie 2");
    expect(lm.requests).toHaveLength(6);
  });

  test("the compilation: killed in the middle, gone on with, and its better program served", async () => {
    const { model: _model, ...own } = world();
    const lm = pastModel();
    const victim = join(import.meta.dirname, "..", "fixtures", "programs", "compile-past.ts");
    const start = (folder: string) =>
      spawn(process.execPath, ["--conditions=dspex-dev", victim, folder], { stdio: ["ignore", "pipe", "inherit"] });
    expect(await compileOn({ ...own, lm }, { start, killAt: 90, most: 10, progress: false })).toBe(0);
    const text = own.out.text();
    const [, done, recorded] =
      /killed \(SIGKILL\) after (\d+) runs; in its folder (\d+) are/.exec(text)?.map(Number) ?? [];
    // What was on its way to the disk is lost, and asked again.
    expect(done).toBe(90);
    expect(recorded).toSatisfy((count: number) => count > 0 && count <= 90);
    const [, runs] = /Of (\d+) runs it made those that were not on record/.exec(text)?.map(Number) ?? [];
    // Then 10 verbs for each of both, and one that is asked of the service.
    expect(lm.requests).toHaveLength(Number(runs) - Number(recorded) + 21);
    expect(text).toMatch(/^best +\d+\.\d+ \(seed -2, trial 2\); seed -3, the first one, had 0\.00$/m);
    expect(text).toMatch(/^0\.00 before, \d+\.00 after: verb by verb \d won, 0 lost, \d tied/m);
    expect(text).toMatch(/serves\. drink → drinked\n$/);
  });
});
