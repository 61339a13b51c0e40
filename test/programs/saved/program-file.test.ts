import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jsonAdapter } from "../../../src/adapters/json-adapter.ts";
import { chainOfThought } from "../../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../../src/programs/composed-program.ts";
import { predict } from "../../../src/programs/predict/predict.ts";
import { loadProgram, saveProgram } from "../../../src/programs/saved/program-file.ts";
import { signature } from "../../../src/signatures/signature.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-saved-"));
});
afterEach(() => rm(folder, { recursive: true }));

const rag = program({
  name: "RAG",
  parts: {
    search: predict(signature("question -> queries: list[str]")),
    generate: chainOfThought(signature("context: list[str], question -> answer")),
  },
  async forward({ search, generate }, { question }: { question: string }) {
    const { queries } = await search({ question });
    return generate({ context: queries, question });
  },
});

/** As an optimizer would leave it. */
const trained = rag.withPredictors({
  search: rag.parts.search.with({
    instructions: "Search.",
    config: { temperature: 0.2 },
    adapter: jsonAdapter(),
    demos: [{ question: "Who?", queries: ["a", "b"] }],
  }),
  "generate.predict": rag.parts.generate.predict.with({
    demos: [{ question: "Who?", answer: "Ann", augmented: true }],
  }),
});

describe("a saved program", () => {
  test("comes back as it was, into a fresh program of the same shape", async () => {
    const path = join(folder, "rag.json");
    await saveProgram(trained, path);
    const loaded = await loadProgram(path, rag);
    expect(Object.keys(loaded.predictors())).toEqual(["search", "generate.predict"]);
    const { search, "generate.predict": generate } = loaded.predictors();
    expect(search).toMatchObject({ config: { temperature: 0.2 }, adapter: { name: "json" } });
    expect(search?.signature.instructions).toBe("Search.");
    expect(search?.demos).toEqual([{ question: "Who?", queries: ["a", "b"] }]);
    expect(generate?.demos).toEqual([{ question: "Who?", answer: "Ann", augmented: true }]);
    expect(loaded.name).toBe("RAG");
    // The student stays as it was.
    expect(rag.parts.search.demos).toEqual([]);
  });

  test("replaces the file that was there, and leaves nothing beside it", async () => {
    const path = join(folder, "rag.json");
    await writeFile(path, "old");
    // What a save that crashed has left.
    await writeFile(`${path}.${process.pid}-0.tmp`, "torn");
    await Promise.all([saveProgram(trained, path), saveProgram(trained, path)]);
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ format: "dspex", version: 3 });
    expect(await readdir(folder)).toEqual(["rag.json", `rag.json.${process.pid}-0.tmp`]);
  });

  test("leaves the old file and no other when it cannot be written", async () => {
    const path = join(folder, "taken");
    await mkdir(path);
    await expect(saveProgram(trained, path)).rejects.toThrow(/EISDIR|EPERM|ENOTEMPTY/);
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test.each([
    ["is not there", undefined, "unreadable", /ENOENT/],
    ["holds no JSON", "{", "unreadable", /holds no JSON \(.*\)$/],
    ["holds lines that are no JSON", "a\nb\nc", "unreadable", /holds no JSON \([^\n]*\)$/],
    ["holds something else", "[]", "unknown_format", /a saved program is a JSON object/],
  ])("fails with its path when the file %s", async (_what, content, code, message) => {
    const path = join(folder, "x.json");
    if (content !== undefined) await writeFile(path, content);
    const loading = loadProgram(path, rag);
    await expect(loading).rejects.toMatchObject({ name: "SavedProgramError", code });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toThrow(path);
  });

  test("says what to save instead of a pickle, or of a folder", async () => {
    await writeFile(join(folder, "x.pkl"), "\u0080");
    await mkdir(join(folder, "whole"));
    await expect(loadProgram(join(folder, "x.pkl"), rag)).rejects.toThrow(/x\.pkl: pickle files can hold code/);
    await expect(loadProgram(join(folder, "whole"), rag)).rejects.toThrow(/whole: is a folder, as DSPy's save_program/);
  });
});
