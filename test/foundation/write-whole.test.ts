import { chmod, lstat, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeWhole } from "../../src/foundation/write-whole.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dspex-write-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}

test.each([0o600, 0o664, 0o666])("a file keeps its mode: %o", async (mode) => {
  const path = join(folder, "qa.json");
  await writeFile(path, "old");
  await chmod(path, mode);
  await writeWhole(path, "new");
  expect(await readFile(path, "utf8")).toBe("new");
  expect(await modeOf(path)).toBe(mode);
});

test("a link goes on leading to the file, also to one that is not there yet", async () => {
  const [path, link, further] = [join(folder, "real.json"), join(folder, "link.json"), join(folder, "further.json")];
  await symlink("real.json", link);
  await symlink("link.json", further);
  for (const text of ["one", "two"]) {
    await writeWhole(further, text);
    expect(await readFile(path, "utf8")).toBe(text);
  }
  expect((await lstat(further)).isSymbolicLink() && (await lstat(link)).isSymbolicLink()).toBe(true);
  expect((await readdir(folder)).toSorted()).toEqual(["further.json", "link.json", "real.json"]);
});

test("a mode that is said counts, and then a link is replaced", async () => {
  const [path, link] = [join(folder, "real.json"), join(folder, "link.json")];
  await writeFile(path, "old");
  await symlink(path, link);
  await writeWhole(link, "new", 0o600);
  expect((await lstat(link)).isSymbolicLink()).toBe(false);
  expect([await modeOf(link), await readFile(path, "utf8")]).toEqual([0o600, "old"]);
});

test("what cannot be written says so, and leaves nothing behind", async () => {
  await expect(writeWhole(join(folder, "none", "x.json"), "text")).rejects.toThrow(/ENOENT/);
  await symlink("round.json", join(folder, "round.json"));
  await expect(writeWhole(join(folder, "round.json"), "text")).rejects.toThrow(/ELOOP/);
  expect(await readdir(folder)).toEqual(["round.json"]);
});
