import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import { seal, type SealedLine, sealedLines, unseal } from "../../src/foundation/sealed-line.ts";
import { storeFolder } from "./store-folder.ts";

const records = fc.dictionary(
  fc.string().filter((key) => key !== "sum" && key !== "__proto__"),
  fc.jsonValue(),
  { minKeys: 1 },
);

async function all(path: string): Promise<SealedLine[]> {
  const lines: SealedLine[] = [];
  for await (const line of sealedLines(path)) lines.push(line);
  return lines;
}

const lineOf = (record: object): Buffer => Buffer.from(seal(record).slice(0, -1));

test("a line is JSON, and gives back what went in", () => {
  fc.assert(
    fc.property(records, (record) => {
      const line = seal(record);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(unseal(Buffer.from(line.slice(0, -1)))).toEqual(JSON.parse(JSON.stringify(record)));
      expect(JSON.parse(line)).toMatchObject({ sum: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown });
    }),
    { seed: 20_261_129 },
  );
});

test("no line with a flipped bit, a byte more or a byte less is read", () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat({ max: 255 }), (record, where, byte) => {
      const line = lineOf(record);
      const flipped = Buffer.from(line);
      const bit = where % (line.length * 8);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const at = where % (line.length + 1);
      expect(unseal(flipped)).toBeUndefined();
      expect(unseal(line.subarray(0, where % line.length))).toBeUndefined();
      expect(unseal(Buffer.concat([line.subarray(0, at), Buffer.from([byte]), line.subarray(at)]))).toBeUndefined();
    }),
    { seed: 20_261_129, numRuns: 500 },
  );
});

test("bytes that are no text are not taken for the text they look like", () => {
  const line = lineOf({ text: "\ufffd" });
  const at = line.indexOf(Buffer.from("\ufffd"));
  // Read as UTF-8, the broken byte becomes the same replacement character.
  expect(unseal(Buffer.concat([line.subarray(0, at), Buffer.from([0xff]), line.subarray(at + 3)]))).toBeUndefined();
});

test("a record without a field is refused", () => {
  expect(() => seal({})).toThrow(UsageError);
  expect(() => seal([1])).toThrow(UsageError);
});

test("a file is read line by line however it is cut into chunks, and where each line is, is told", async () => {
  const path = join(storeFolder(), "lines.jsonl");
  const written = Array.from({ length: 40 }, (_, n) => ({ n, text: "ä".repeat(n * 997) }));
  const text = written.map(seal).join("");
  writeFileSync(path, `${text}no line\n{"sum":"half of o`);
  const lines = await all(path);
  expect(lines.slice(0, -2).map(({ record }) => record)).toEqual(written);
  expect(lines.slice(-2).map(({ record }) => record)).toEqual([undefined, undefined]);
  const bytes = Buffer.from(`${text}no line\n{"sum":"half of o`);
  for (const { offset, length, record } of lines)
    expect(unseal(bytes.subarray(offset, offset + length))).toEqual(record);
  expect(await all(join(path, "..", "not there"))).toEqual([]);
});
