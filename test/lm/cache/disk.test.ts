import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { seededRandom } from "../../../src/foundation/random.ts";
import { type CacheTrouble, type DiskCache, openDiskCache } from "../../../src/lm/cache/disk.ts";
import { flipBit, storeFolder } from "../../foundation/store-folder.ts";
import { cachedResponse } from "../cached-response.ts";

async function open(folder: string, maxBytes = 1_000_000, owner = "test") {
  const troubles: CacheTrouble[] = [];
  const disk = await openDiskCache({ folder, maxBytes, owner, onTrouble: (trouble) => void troubles.push(trouble) });
  onTestFinished(() => disk.close());
  await disk.loaded;
  return { disk, troubles };
}

async function fill(folder: string, texts: Readonly<Record<string, string>>): Promise<void> {
  const { disk } = await open(folder);
  for (const [key, text] of Object.entries(texts)) disk.write(key, cachedResponse(text));
  await disk.close();
}

const segments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith("answers-"))
    .map((name) => join(folder, name));
const bytesOf = (folder: string): number => segments(folder).reduce((sum, path) => sum + statSync(path).size, 0);
const textOf = async (disk: DiskCache, key: string) => (await disk.read(key))?.completions[0]?.text;

test("answers outlive the process", async () => {
  const folder = join(storeFolder(), "made as needed");
  const first = await open(folder);
  first.disk.write("a", cachedResponse("Ann"));
  first.disk.write("b", cachedResponse("ä\n\ufffd\ud83d\ude00"));
  await first.disk.flush();
  expect(await first.disk.read("a")).toEqual(cachedResponse("Ann"));
  await first.disk.close();
  const { disk, troubles } = await open(folder);
  expect([disk.entries, disk.has("a"), disk.has("c")]).toEqual([2, true, false]);
  expect(await disk.read("b")).toEqual(cachedResponse("ä\n\ufffd\ud83d\ude00"));
  expect(await disk.read("c")).toBeUndefined();
  disk.write("a", cachedResponse("Bob"));
  await disk.flush();
  expect(await textOf(disk, "a")).toBe("Bob");
  await disk.close();
  expect(await textOf((await open(folder)).disk, "a")).toBe("Bob");
  expect(troubles).toEqual([]);
  // What models said is nobody else's business.
  expect(statSync(folder).mode & 0o077).toBe(0);
  for (const path of segments(folder)) expect(statSync(path).mode & 0o077).toBe(0);
});

test("what was kept too long ago is not found, also by the next process", async () => {
  const folder = storeFolder();
  let freshFrom = 0;
  const openAged = async () => {
    const disk = await openDiskCache({ folder, maxBytes: 1_000_000, owner: "test", freshFrom: () => freshFrom });
    onTestFinished(() => disk.close());
    await disk.loaded;
    return disk;
  };
  const found = (disk: DiskCache) => ["a", "b", "c"].filter((key) => disk.has(key));
  const first = await openAged();
  first.write("a", cachedResponse("Ann"), 10);
  first.write("b", cachedResponse("Bob"), 20);
  // As a version before wrote them.
  first.write("c", cachedResponse("Cy"));
  await first.flush();
  expect(found(first)).toEqual(["a", "b", "c"]);
  freshFrom = 20;
  expect(found(first)).toEqual(["b"]);
  await first.close();
  const second = await openAged();
  expect([found(second), second.keptAt("b")]).toEqual([["b"], 20]);
  second.write("a", cachedResponse("Ann, again"), 30);
  await second.flush();
  expect([found(second), await textOf(second, "a")]).toEqual([["a", "b"], "Ann, again"]);
});

test("one writer for each folder, told which process it is; the next one when it closes", async () => {
  const folder = storeFolder();
  const { disk } = await open(folder);
  await expect(open(folder, 1_000, "another")).rejects.toMatchObject({ code: "locked", details: { pid: process.pid } });
  await disk.close();
  await disk.close();
  await open(folder, 1_000, "another");
});

test("a restarted owner takes over, and the one before writes no more", async () => {
  const folder = storeFolder();
  const old = await open(folder);
  old.disk.write("a", cachedResponse("Ann"));
  await old.disk.flush();
  const next = await open(folder);
  old.disk.write("b", cachedResponse("late"));
  await old.disk.flush();
  expect(old.troubles).toMatchObject([{ what: "fenced" }]);
  expect([await textOf(next.disk, "a"), next.disk.has("b")]).toEqual(["Ann", false]);
});

describe("damage", () => {
  test("no flipped bit ever gives a wrong answer, and the others are found", async () => {
    const folder = storeFolder();
    const texts = { a: "Ann", b: "Bob", c: "Cleo" };
    await fill(folder, texts);
    const [path = ""] = segments(folder);
    const bits = readFileSync(path).length * 8;
    for (let bit = 0; bit < bits; bit += 13) {
      flipBit(path, bit);
      const { disk, troubles } = await open(folder);
      const found = await Promise.all(Object.keys(texts).map((key) => textOf(disk, key)));
      for (const [index, text] of Object.values(texts).entries()) expect([text, undefined]).toContain(found[index]);
      // A newline that is none any more takes two lines along.
      expect(found.filter((text) => text === undefined).length).toBeOneOf([1, 2]);
      expect(troubles).toMatchObject([{ what: "damaged" }]);
      await disk.close();
      flipBit(path, bit);
    }
  });

  test("that comes while it is open is found when the answer is read", async () => {
    const folder = storeFolder();
    await fill(folder, { a: "Ann", b: "Bob" });
    const { disk, troubles } = await open(folder);
    const [path = ""] = segments(folder);
    flipBit(path, readFileSync(path, "utf8").indexOf("Ann") * 8);
    expect([await textOf(disk, "a"), await textOf(disk, "b")]).toEqual([undefined, "Bob"]);
    expect(disk.has("a")).toBe(false);
    expect(troubles).toEqual([{ what: "damaged", path, lines: 1 }]);
    truncateSync(path, 10);
    expect(await textOf(disk, "b")).toBeUndefined();
  });

  test("a torn end and lines of something else are passed over", async () => {
    const folder = storeFolder();
    await fill(folder, { a: "Ann" });
    const [path = ""] = segments(folder);
    const line = readFileSync(path, "utf8");
    appendFileSync(path, `some text\n${line.slice(0, -5)}`);
    const { disk, troubles } = await open(folder);
    expect(await textOf(disk, "a")).toBe("Ann");
    expect(troubles).toEqual([{ what: "damaged", path, lines: 2 }]);
  });

  test("a torn end takes nothing along that is written after it", async () => {
    const folder = storeFolder();
    await fill(folder, { a: "Ann", b: "Bob" });
    const [path = ""] = segments(folder);
    truncateSync(path, statSync(path).size - 5);
    await fill(folder, { c: "Cleo" });
    const { disk, troubles } = await open(folder);
    expect([await textOf(disk, "a"), disk.has("b"), await textOf(disk, "c")]).toEqual(["Ann", false, "Cleo"]);
    expect(troubles).toEqual([{ what: "damaged", path, lines: 1 }]);
  });

  test("a line under another's key is not an answer to it", async () => {
    const folder = storeFolder();
    await fill(folder, { a: "Ann", b: "Bob" });
    const { disk } = await open(folder);
    const [path = ""] = segments(folder);
    const [first = "", second = ""] = readFileSync(path, "utf8").split("\n");
    expect(first.length).toBe(second.length);
    writeFileSync(path, `${second}\n${first}\n`);
    expect([await textOf(disk, "a"), await textOf(disk, "b")]).toEqual([undefined, undefined]);
  });
});

describe("bounds", () => {
  test("never more bytes than it may, whatever the sizes; what is found is right", async () => {
    const folder = storeFolder();
    const random = seededRandom(3);
    const maxBytes = 64_000;
    const texts = new Map<string, string>();
    for (let round = 0; round < 3; round += 1) {
      const { disk, troubles } = await open(folder, maxBytes);
      for (let n = 0; n < 400; n += 1) {
        const key = `k${Math.floor(random.next() * 300)}`;
        const text = `${key} ${"x".repeat(Math.floor(random.next() ** 4 * 20_000))}`;
        const found = random.next() < 0.3 ? (await textOf(disk, key))?.split(" ")[0] : undefined;
        expect([undefined, key]).toContain(found);
        if (found !== undefined) continue;
        texts.set(key, text);
        disk.write(key, cachedResponse(text));
        if (n % 7 === 0) await disk.flush();
        expect(bytesOf(folder)).toBeLessThanOrEqual(maxBytes);
      }
      await disk.flush();
      expect(disk.bytes).toBe(bytesOf(folder));
      expect(disk.entries).toBeGreaterThan(5);
      for (const [key, text] of texts) {
        const found = await textOf(disk, key);
        // One too large to be kept leaves an older one.
        expect(found === undefined || found === text || text.length > maxBytes / 5).toBe(true);
      }
      expect(troubles).toEqual([]);
      await disk.close();
    }
  });

  test("what is asked for again and again stays; the rest goes with its segment", async () => {
    const { disk } = await open(storeFolder(), 32_000);
    for (let n = 0; n < 500; n += 1) {
      disk.write(`k${n}`, cachedResponse("x".repeat(200)));
      await disk.flush();
      disk.has("k0");
    }
    expect([disk.has("k0"), disk.has("k1"), disk.has("k499")]).toEqual([true, false, true]);
    expect(await textOf(disk, "k0")).toBe("x".repeat(200));
  });

  test("a smaller bound than before is kept to at once", async () => {
    const folder = storeFolder();
    const { disk } = await open(folder, 64_000);
    for (let n = 0; n < 200; n += 1) disk.write(`k${n}`, cachedResponse("x".repeat(200)));
    await disk.close();
    expect(bytesOf(folder)).toBeGreaterThan(20_000);
    await open(folder, 20_000);
    expect(bytesOf(folder)).toBeLessThanOrEqual(20_000);
  });

  test("many short lives leave few files", async () => {
    const folder = storeFolder();
    for (let n = 0; n < 30; n += 1) await fill(folder, { [`k${n}`]: `text ${n}` });
    expect(segments(folder)).toHaveLength(1);
    const { disk, troubles } = await open(folder);
    expect([disk.entries, await textOf(disk, "k0"), await textOf(disk, "k29")]).toEqual([30, "text 0", "text 29"]);
    expect(troubles).toEqual([]);
  });

  test("an answer larger than a quarter of all the room is not kept", async () => {
    const folder = storeFolder();
    const { disk, troubles } = await open(folder, 1_000);
    disk.write("a", cachedResponse("x".repeat(400)));
    await disk.flush();
    expect([disk.has("a"), bytesOf(folder), troubles.length]).toEqual([false, 0, 0]);
  });
});

test("a disk that refuses is told once, and nothing else fails", async () => {
  const folder = storeFolder();
  const { disk, troubles } = await open(folder);
  // Where its first segment would be.
  writeFileSync(join(folder, "answers-000000001.jsonl"), "");
  for (const key of ["a", "b"]) {
    disk.write(key, cachedResponse("Ann"));
    await disk.flush();
  }
  expect(troubles).toMatchObject([{ what: "write_failed", path: folder }]);
  expect(disk.has("a")).toBe(false);
});
