import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readContext } from "../../../src/cli/answer/read-context.ts";

describe("readContext", () => {
  let folder = "";
  const none = Readable.from([]);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dspex-context-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function file(bytes: string | Buffer): Promise<string> {
    const path = join(folder, "context.txt");
    await writeFile(path, bytes);
    return path;
  }

  test("reads a file, without its byte order mark and outer blanks", async () => {
    expect(await readContext(await file("\uFEFF The moon.\n"), none, folder)).toEqual({ ok: true, text: "The moon." });
  });
  test("names files from the folder that is said", async () => {
    await file("The moon.");
    expect(await readContext("context.txt", none, folder)).toEqual({ ok: true, text: "The moon." });
  });
  test("reads standard input for -, characters across chunks included", async () => {
    const bytes = Buffer.from("Zürich");
    const input = Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]);
    expect(await readContext("-", input, folder)).toEqual({ ok: true, text: "Zürich" });
  });
  test("a file that is not there, a folder, nothing and bytes are told in one line", async () => {
    const absent = join(folder, "absent.txt");
    const problem = async (source: string) => {
      const read = await readContext(source, none, folder);
      return read.ok ? "" : read.problem;
    };
    expect(await problem(absent)).toBe(`the context cannot be read: there is no file ${absent}`);
    expect(await problem(folder)).toBe(`the context cannot be read: ${folder} is a folder`);
    expect(await problem("-")).toBe("the context is empty: there is no text in standard input");
    expect(await problem(await file(" \n"))).toContain("the context is empty");
    expect(await problem(await file(Buffer.from([1, 0, 2])))).toContain("must be text");
  });
});
