import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { lockFolder } from "../../src/foundation/folder-lock.ts";
import { openJournal, readJournal, recordAt, scanJournal } from "../../src/foundation/journal.ts";
import { seal } from "../../src/foundation/sealed-line.ts";
import { cutFile, flipBit, storeFolder } from "./store-folder.ts";

async function write(folder: string, owner: string, values: readonly unknown[]) {
  const lock = await lockFolder(folder, { owner });
  const journal = await openJournal(join(folder, "log.jsonl"), { lock });
  await Promise.all(values.map((value) => journal.append(value)));
  await journal.close();
  await lock.release();
  return journal;
}

const valuesOf = async (path: string) => (await readJournal(path)).records.map(({ value }) => value);

test("a record is not held until the disk has it", async () => {
  const folder = storeFolder();
  const lock = await lockFolder(folder, { owner: "a" });
  const disk = Promise.withResolvers<void>();
  let isSlow = false;
  const check = (): Promise<void> => (isSlow ? disk.promise : lock.check());
  const journal = await openJournal(join(folder, "log.jsonl"), { lock: { ...lock, check } });
  isSlow = true;
  const refs: WeakRef<object>[] = [];
  const append = (value: object): Promise<number> => {
    refs.push(new WeakRef(value));
    return journal.append(value);
  };
  const written = [1, 2, 3].map((n) => append({ n }));
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What a WeakRef was made of stays until this turn of the event loop is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  disk.resolve();
  expect(await Promise.all(written)).toEqual([1, 2, 3]);
  await journal.close();
  await lock.release();
});

describe("what was written", () => {
  test("is read in order, with numbers from 1 and its writer's epoch, over several writers", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await write(folder, "a", ["one", { two: 2 }]);
    const second = await write(folder, "b", [[3], null]);
    expect(second.recovered.records.map(({ value }) => value)).toEqual(["one", { two: 2 }]);
    expect(await readJournal(path)).toEqual({
      records: [
        { seq: 1, epoch: 1, value: "one" },
        { seq: 2, epoch: 1, value: { two: 2 } },
        { seq: 3, epoch: 2, value: [3] },
        { seq: 4, epoch: 2, value: null },
      ],
      nextSeq: 5,
      epoch: 2,
      goodBytes: statSync(path).size,
      droppedBytes: 0,
      damaged: false,
    });
  });

  test("is a prefix after any cut, and goes on from there", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    const values = Array.from({ length: 6 }, (_, n) => ({ n, text: `ä"\n${"x".repeat(n)}` }));
    await write(folder, "a", values.slice(0, 4));
    await write(folder, "b", values.slice(4));
    const whole = readFileSync(path).length;
    for (let length = whole; length >= 0; length -= 1) {
      cutFile(path, length);
      const read = await valuesOf(path);
      expect(read).toEqual(values.slice(0, read.length));
    }
    await write(folder, "c", ["again"]);
    expect(await valuesOf(path)).toEqual(["again"]);
  });

  test("is a prefix after any flipped bit", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    const values = ["one", "two", "three", "four", "five"];
    await write(folder, "a", values.slice(0, 3));
    await write(folder, "b", values.slice(3));
    const bits = readFileSync(path).length * 8;
    // Each byte, and in turn each bit of one.
    for (let bit = 0; bit < bits; bit += 7) {
      flipBit(path, bit);
      const read = await valuesOf(path);
      expect(read, `bit ${bit}`).toEqual(values.slice(0, read.length));
      expect(read.length, `bit ${bit}`).toBeLessThan(values.length + 1);
      flipBit(path, bit);
    }
    expect(await valuesOf(path)).toEqual(values);
  });

  test("survives random damage of random journals as a prefix", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.jsonValue(), { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (writers, flips, cut) => {
          if (existsSync(path)) cutFile(path, 0);
          for (const [index, values] of writers.entries()) await write(folder, `w${index}`, values);
          const size = readFileSync(path).length;
          cutFile(path, Math.round(size * cut));
          const left = readFileSync(path).length * 8;
          for (const flip of flips) if (left > 0) flipBit(path, flip % left);
          const read = await valuesOf(path);
          const all: unknown[] = JSON.parse(JSON.stringify(writers.flat())) as unknown[];
          expect(read).toEqual(all.slice(0, read.length));
        },
      ),
      { seed: 20_261_129, numRuns: 40 },
    );
  });
});

describe("opening after a crash", () => {
  test("cuts a torn end off", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await write(folder, "a", ["one", "two"]);
    cutFile(path, readFileSync(path).length - 3);
    const next = await write(folder, "b", ["three"]);
    expect(next.recovered).toMatchObject({ nextSeq: 2, damaged: false });
    expect(next.recovered.droppedBytes).toBeGreaterThan(10);
    expect(next.asidePath).toBeUndefined();
    expect(await valuesOf(path)).toEqual(["one", "three"]);
  });

  test("puts aside what comes after damage, since that was no crash", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await write(folder, "a", ["one", "two", "three"]);
    const before = readFileSync(path, "utf8");
    flipBit(path, before.indexOf('"two"') * 8 + 8);
    const next = await write(folder, "b", ["four"]);
    expect(next.recovered).toMatchObject({ nextSeq: 2, damaged: true });
    expect(next.asidePath).toBe(`${path}.damaged-2`);
    expect(readFileSync(`${path}.damaged-2`, "utf8")).toContain('"three"');
    expect(await valuesOf(path)).toEqual(["one", "four"]);
  });

  test("a gap in the numbers is damage too", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await write(folder, "a", ["one"]);
    appendFileSync(path, seal({ epoch: 1, seq: 3, value: "three" }));
    expect(await readJournal(path)).toMatchObject({ nextSeq: 2, damaged: true });
  });
});

describe("a writer that was replaced", () => {
  test("is told so at its next record, and nothing of it is written", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    const old = await openJournal(path, { lock: await lockFolder(folder, { owner: "same" }) });
    await old.append("one");
    const journal = await openJournal(path, { lock: await lockFolder(folder, { owner: "same" }) });
    await expect(old.append("late")).rejects.toMatchObject({ code: "fenced" });
    await expect(old.append("later")).rejects.toMatchObject({ code: "fenced" });
    await journal.append("two");
    await Promise.all([old.close(), journal.close()]);
    expect(await valuesOf(path)).toEqual(["one", "two"]);
  });

  test("counts for nothing, should a line of it get in all the same", async () => {
    const folder = storeFolder();
    const path = join(folder, "log.jsonl");
    await write(folder, "a", ["one"]);
    // After the next one had looked, and before it said where it begins; and after that.
    appendFileSync(path, seal({ epoch: 1, seq: 2, value: "late" }));
    appendFileSync(path, seal({ epoch: 2, from: 2 }));
    appendFileSync(path, seal({ epoch: 1, seq: 3, value: "later" }));
    appendFileSync(path, seal({ epoch: 2, seq: 2, value: "two" }));
    expect(await valuesOf(path)).toEqual(["one", "two"]);
  });
});

test("what is appended at the same time is written at the same time, and each gets its number", async () => {
  const folder = storeFolder();
  const lock = await lockFolder(folder, { owner: "a" });
  const journal = await openJournal(join(folder, "log.jsonl"), { lock, fsync: "never" });
  const numbers = await Promise.all(Array.from({ length: 100 }, (_, n) => journal.append(n)));
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  await expect(journal.append(undefined)).rejects.toThrow(UsageError);
  await journal.flush();
  await journal.close();
  await journal.close();
  await expect(journal.append("more")).rejects.toMatchObject({ name: "StoreError", code: "closed" });
});

test("a journal that is not there is empty", async () => {
  expect(await readJournal(join(storeFolder(), "none.jsonl"))).toMatchObject({ records: [], nextSeq: 1 });
});

test("records are read one by one, and each again from its place; what was revoked is told", async () => {
  const folder = storeFolder();
  const path = join(folder, "log.jsonl");
  const long = "x".repeat(100_000);
  await write(folder, "a", ["one", { long }, "late"]);
  appendFileSync(path, seal({ epoch: 2, from: 3 }));
  const told: unknown[] = [];
  const offsets: number[] = [];
  await scanJournal(path, {
    record: ({ seq }, offset) => void (told.push(seq), offsets.push(offset)),
    revoke: (from) => void told.push(`from ${from}`),
  });
  expect(told).toEqual([1, 2, 3, "from 3"]);
  const file = await open(path);
  expect(await Promise.all(offsets.map((offset) => recordAt(file, offset)))).toEqual(["one", { long }, "late"]);
  expect(await recordAt(file, (offsets[1] ?? 0) + 1)).toBeUndefined();
  await file.close();
});

test("a file that holds something else is refused, and left as it is", async () => {
  const folder = storeFolder();
  const path = join(folder, "log.jsonl");
  writeFileSync(path, '{"question":"q","answer":"a"}\n');
  await expect(write(folder, "a", ["one"])).rejects.toThrow(UsageError);
  expect(readFileSync(path, "utf8")).toBe('{"question":"q","answer":"a"}\n');
});

test("a journal that was copied without its lock goes on", async () => {
  const folder = storeFolder();
  const path = join(folder, "log.jsonl");
  for (const owner of ["a", "b", "c"]) await write(folder, owner, [owner]);
  rmSync(join(folder, "writer-000000003.json"));
  await write(folder, "d", ["d"]);
  await write(folder, "e", ["e"]);
  expect(await valuesOf(path)).toEqual(["a", "b", "c", "d", "e"]);
});
