import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { BadRow } from "../../src/evaluate/data/dataset-error.ts";
import { DatasetError } from "../../src/evaluate/data/dataset-error.ts";
import { parquetRows } from "../../src/evaluate/data/parquet-rows.ts";
import { examples, loadExamples, streamExamples } from "../../src/evaluate/load-examples.ts";
import type { LoadOptions } from "../../src/evaluate/load-examples.ts";
import { UsageError } from "../../src/foundation/errors.ts";
import { signature } from "../../src/signatures/signature.ts";
import type { AnySignature } from "../../src/signatures/signature-value.ts";
import { tool } from "../../src/signatures/values/tool.ts";

const folder = mkdtempSync(join(tmpdir(), "dspex-examples-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** A file of that ending with this in it. */
function fileOf(ending: string, content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}${ending}`);
  writeFileSync(path, content);
  return path;
}

const QA = signature("question -> answer");

/** What is left of a file, and what is not. */
async function load(path: string, from: AnySignature = QA, more: Omit<LoadOptions, "signature"> = {}) {
  const bad: BadRow[] = [];
  const set = await loadExamples(path, { signature: from, onBadRow: (row) => bad.push(row), ...more });
  return { set, bad, rows: set.map(({ inputs, labels }) => ({ ...inputs, ...labels })) };
}

async function refusal(reading: Promise<unknown>): Promise<Error> {
  return reading.then(
    () => expect.fail("it was read"),
    (thrown: unknown) => thrown as Error,
  );
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const TWO = [
  { question: "1 + 1?", answer: "2" },
  { question: "Où?", answer: "là" },
];

describe("a file", () => {
  test.each([
    ["of lines", ".jsonl", '{"question":"1 + 1?","answer":"2"}\n{"question":"Où?","answer":"là"}\n'],
    ["whose last line is not ended", ".jsonl", '{"question":"1 + 1?","answer":"2"}\n{"question":"Où?","answer":"là"}'],
    [
      "of lines from Windows",
      ".JSONL",
      '\ufeff{"question":"1 + 1?","answer":"2"}\r\n\r\n{"question":"Où?","answer":"là"}\r\n',
    ],
    ["that is a list", ".json", JSON.stringify(TWO)],
    ["of cells", ".csv", "question,answer\n1 + 1?,2\nOù?,là\n"],
    ["of cells from Windows", ".csv", '\ufeffquestion,answer\r\n"1 + 1?",2\r\n\r\nOù?,là\r\n'],
    ["of cells with line ends of every kind", ".csv", "question,answer\r\n1 + 1?,2\nOù?,là\r"],
    ["of cells under names with spaces", ".csv", " question , answer\n1 + 1?,2\nOù?,là"],
    ["of cells that pandas numbered", ".csv", ",question,answer\n0,1 + 1?,2\n1,Où?,là\n"],
  ])("%s is read", async (_what, ending, content) => {
    const { rows, bad } = await load(fileOf(ending, content));
    expect(rows).toEqual(TWO);
    expect(bad).toEqual([]);
  });

  test("gives frozen examples, whose other columns are tags", async () => {
    const path = fileOf(".jsonl", '{"question":"q","answer":"a","level":"hard","from":{"page":3}}\n');
    const [first, ...others] = await loadExamples(path, { signature: QA });
    expect(first).toEqual({
      id: expect.stringMatching(/^[\w-]{43}$/) as string,
      inputs: { question: "q" },
      labels: { answer: "a" },
      tags: { level: "hard", from: { page: 3 } },
    });
    expect(others).toEqual([]);
    for (const part of [first, first?.inputs, first?.labels, first?.tags, first?.tags["from"]])
      expect(Object.isFrozen(part)).toBe(true);
  });

  test("is read the same from every kind of file, ids included", async () => {
    const path = fileOf(".csv", "question,answer\n1 + 1?,2\nOù?,là\n");
    const fromCells = await loadExamples(path, { signature: QA });
    expect((await loadExamples(fileOf(".json", JSON.stringify(TWO)), { signature: QA })).digest).toBe(fromCells.digest);
    expect(examples(QA, TWO).digest).toBe(fromCells.digest);
  });

  test("may hold signs that end lines elsewhere", async () => {
    const question = "one\u2028two\u2029three\u0085four";
    const { rows } = await load(fileOf(".jsonl", `${JSON.stringify({ question, answer: "a" })}\n`));
    expect(rows).toEqual([{ question, answer: "a" }]);
  });

  test("may hold names that objects have", async () => {
    const path = fileOf(".jsonl", '{"question":"q","answer":"a","__proto__":{"x":1},"constructor":2}\n');
    const [example] = await loadExamples(path, { signature: QA });
    expect(Object.entries(example?.tags ?? {})).toEqual([
      ["__proto__", { x: 1 }],
      ["constructor", 2],
    ]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test("whose lines come in pieces is read", async () => {
    const question = "é".repeat(200_000);
    const { rows } = await load(fileOf(".jsonl", `${JSON.stringify({ question, answer: "a" })}\n`.repeat(3)));
    expect(rows).toEqual(Array.from({ length: 3 }, () => ({ question, answer: "a" })));
  });

  test.each(["snappy", "zstd"])("of columns is read: %s", async (codec) => {
    const typed = signature("question, picture: Image | None -> words: list[str], marks: int, day: date, at: datetime");
    const path = join(import.meta.dirname, "..", "fixtures", "datasets", `${codec}.parquet`);
    const { set, bad } = await load(path, typed);
    expect(set).toEqual([
      {
        id: "a",
        inputs: { question: "Who?", picture: { type: "image", url: "data:image/png;base64,iVBORw0KGgr/" } },
        labels: { words: ["x", "y"], marks: 3, day: "2024-01-15", at: "2024-01-15T10:30:00.123456" },
        tags: { sure: true },
      },
      {
        id: "b",
        inputs: { question: "Où?", picture: null },
        labels: { words: [], at: "1960-01-01T00:00:00.000001" },
        tags: { sure: false },
      },
    ]);
    expect(bad).toMatchObject([
      { row: 3, field: "marks", problem: expect.stringContaining("1152921504606846976") as string },
    ]);
  });

  test("of columns says what to install where the package is missing", async () => {
    const missing = (): never => {
      throw new UsageError("npm install hyparquet");
    };
    const rows = parquetRows("x.parquet", missing);
    await expect(rows.next()).rejects.toThrow("npm install hyparquet");
  });
});

describe("values", () => {
  const TYPED = signature(
    "code: str, count: int, ratio: float, sure: bool, words: list[str], facts: dict[str, int], kind: Literal['a', 'b'], note: str | None -> score: int, why: str | None",
  );
  const HEADER = "code,count,ratio,sure,words,facts,kind,note,score,why\n";

  test("of cells are what their fields are, and nothing by their looks", async () => {
    const row = '007,"1,234",1e-5,Yes,"[""x"",""007""]","{""n"": 7}",a,,-3,\n';
    const { rows, bad } = await load(fileOf(".csv", HEADER + row), TYPED);
    expect(bad).toEqual([]);
    expect(rows).toEqual([
      {
        code: "007",
        count: 1234,
        ratio: 0.00001,
        sure: true,
        words: ["x", "007"],
        facts: { n: 7 },
        kind: "a",
        note: null,
        score: -3,
      },
    ]);
  });

  test.each([
    ["count", "0x1f", "expected a whole number"],
    ["count", "9007199254740993", "expected a whole number that loses no digits"],
    ["count", "", "the input (int) is missing"],
    ["ratio", "5 %", "without a unit"],
    ["sure", "maybe", "expected True or False"],
    ["words", "['x']", "expected JSON for list[str]"],
    ["facts", '"{""n"": ""x""}"', "expected dict[str, int]"],
    ["kind", "c", "expected Literal['a', 'b']"],
    ["score", "2.5", "expected a whole number"],
  ])("of cells that are none of the field %s are named: %s", async (field, cell, problem) => {
    const cells = {
      code: "x",
      count: "1",
      ratio: "1",
      sure: "no",
      words: "[]",
      facts: "{}",
      kind: "b",
      note: "",
      score: "1",
      why: "",
    };
    const path = fileOf(".csv", `${HEADER}${Object.values({ ...cells, [field]: cell }).join(",")}\n`);
    const thrown = await refusal(loadExamples(path, { signature: TYPED }));
    expect(thrown).toMatchObject({ code: "bad_row", details: { file: path, row: 1, line: 2, field } });
    expect(thrown.message.startsWith(`${path}, line 2, field "${field}": `)).toBe(true);
    expect(thrown.message).toContain(problem);
  });

  test("of JSON are not converted", async () => {
    const path = fileOf(".jsonl", '{"n":"5","answer":true}\n{"n":5,"answer":"5"}\n{"n":5,"answer":true}\n');
    const { rows, bad } = await load(path, signature("n: int -> answer: bool"));
    expect(rows).toEqual([{ n: 5, answer: true }]);
    expect(bad.map(({ line, field }) => [line, field])).toEqual([
      [1, "n"],
      [2, "answer"],
    ]);
  });

  test("of zod's types are what a call takes, and labels what it gives", async () => {
    const Words = signature({
      input: z.object({ n: z.string().transform(Number) }),
      output: z.object({ m: z.string().transform(Number), o: z.object({ x: z.number() }).optional() }),
    });
    const path = fileOf(".csv", 'n,m,o\n4,5,"{""x"": 1}"\n');
    const { rows } = await load(path, Words);
    expect(rows).toEqual([{ n: "4", m: 5, o: { x: 1 } }]);
  });

  test("that do not go together are a bad row", async () => {
    const Range = signature({
      input: z.object({ low: z.number(), high: z.number() }).refine(({ low, high }) => low < high, "low is above high"),
      output: z.object({ answer: z.string() }),
    });
    const { bad } = await load(fileOf(".jsonl", '{"low":2,"high":1}\n{"low":1,"high":2}\n'), Range);
    expect(bad).toMatchObject([{ line: 1, problem: "the inputs do not go together: low is above high" }]);
  });

  test("that a schema throws at, or makes no data of, are a bad row", async () => {
    const Parsed = signature({
      input: z.object({ q: z.string() }).refine(({ q }) => JSON.parse(q) !== 0, "it is 0"),
      output: z.object({
        a: z.string().transform((text) => JSON.parse(text) as unknown),
        b: z
          .string()
          .transform((text) => new Set(text))
          .optional(),
      }),
    });
    const rows = [
      { q: "1", a: "1" },
      { q: "1", a: "{" },
      { q: "{", a: "1" },
      { q: "0", a: "1" },
      { q: "1", a: "1", b: "x" },
    ];
    const { bad, rows: read } = await load(fileOf(".json", JSON.stringify(rows)), Parsed);
    expect(read).toEqual([{ q: "1", a: 1 }]);
    expect(bad.map(({ row, field, problem }) => [row, field, problem.split(":")[0]])).toEqual([
      [2, "a", "its schema threw SyntaxError"],
      [3, undefined, "its schema threw SyntaxError"],
      [4, undefined, "the inputs do not go together"],
      [5, undefined, 'label "b"'],
    ]);
    const Async = signature({
      input: z.object({ q: z.string().refine(async () => true) }),
      output: z.object({ a: z.string() }),
    });
    await expect(loadExamples(fileOf(".csv", "q,a\n1,2\n"), { signature: Async })).rejects.toThrow(UsageError);
  });

  test("that are pictures come as addresses too", async () => {
    const path = fileOf(".csv", "picture,answer\nhttps://example.com/a.png,a cat\na.png,a dog\n");
    const { rows, bad } = await load(path, signature("picture: Image -> answer"));
    expect(rows).toEqual([{ picture: { type: "image", url: "https://example.com/a.png" }, answer: "a cat" }]);
    expect(bad).toMatchObject([{ line: 3, field: "picture", problem: expect.stringContaining("fromPath") as string }]);
  });

  test("that are nested beyond sense are a bad row", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const path = fileOf(".jsonl", `{"question":"q","answer":"a","x":${deep}}\n{"question":"q","answer":"a"}\n`);
    const { rows, bad } = await load(path);
    expect(rows).toHaveLength(1);
    expect(bad).toMatchObject([{ line: 1, field: "x", problem: "it is nested more than 500 levels deep" }]);
    const inCell = await load(
      fileOf(".csv", `facts,answer\n"{""x"":${deep}}",a\n{},a\n`),
      signature("facts: dict[str, Any] -> answer"),
    );
    expect(inCell.bad).toMatchObject([{ line: 2, field: "facts", problem: "it is nested more than 500 levels deep" }]);
  });

  test("may be left out where a call may leave them out, and labels always", async () => {
    const Some = signature("question, lang: str = 'en', note: str | None, past: History -> answer, score: int");
    const { set, rows } = await load(
      fileOf(".jsonl", '{"question":"q","lang":null,"answer":null}\n{"question":"r","score":1}\n'),
      Some,
    );
    expect(rows).toEqual([{ question: "q" }, { question: "r", score: 1 }]);
    expect(set.unlabelled).toEqual({ answer: 2, score: 1 });
  });
});

describe("a bad row", () => {
  const LINES = [
    '{"question":"q","answer":"a"}',
    "",
    "{nonsense",
    "[1]",
    '{"answer":"a"}',
    '{"question":3,"answer":"a"}',
  ];

  test("ends the reading, named by file, line and field", async () => {
    const path = fileOf(".jsonl", [LINES[0], LINES[1], LINES[5]].join("\n"));
    const thrown = await refusal(loadExamples(path, { signature: QA }));
    expect(thrown).toBeInstanceOf(DatasetError);
    expect(thrown.message).toBe(
      `${path}, line 3, field "question": expected str, got 3 (expected string, received number)`,
    );
    expect(thrown).toMatchObject({ code: "bad_row", retryable: false, details: { file: path, row: 2, line: 3 } });
  });

  test("is told instead, with those before and after it read", async () => {
    const path = fileOf(".jsonl", [...LINES, LINES[0]].join("\n"));
    const { rows, bad } = await load(path);
    expect(rows).toHaveLength(2);
    expect(bad.map(({ row, line, field }) => [row, line, field])).toEqual([
      [2, 3, undefined],
      [3, 4, undefined],
      [4, 5, "question"],
      [5, 6, "question"],
    ]);
    expect(bad[0]?.problem).toContain("expected a JSON object on one line");
    expect(bad[1]?.problem).toBe("expected a JSON object, got [1]");
    expect(bad[2]?.problem).toBe("the input (str) is missing; the row has answer");
  });

  test("ends the reading with what its listener throws", async () => {
    const path = fileOf(".jsonl", LINES.join("\n"));
    const onBadRow = ({ line }: BadRow): void => {
      if (line === 4) throw new Error("enough");
    };
    await expect(loadExamples(path, { signature: QA, onBadRow })).rejects.toThrow("enough");
  });

  test("has a misspelt column", async () => {
    for (const [name, meant] of [
      ["Question", "question"],
      ["anwser", "answer"],
    ] as const) {
      const row = { question: "q", answer: "a" };
      const misspelt = Object.fromEntries(
        Object.entries(row).map(([key, value]) => [key === meant ? name : key, value]),
      );
      const thrown = await refusal(loadExamples(fileOf(".json", JSON.stringify([misspelt])), { signature: QA }));
      expect(thrown.message).toContain(`row 1, field "${meant}": there is no column "${meant}"; there is "${name}"`);
    }
  });

  test("has a list where one text is asked for", async () => {
    const thrown = await refusal(
      loadExamples(fileOf(".json", '[{"question":"q","answer":["a","b"]}]'), { signature: QA }),
    );
    expect(thrown.message).toContain("load with a signature whose output is list[str]");
  });

  test("of cells has too few, too many, or quotes that are torn", async () => {
    const path = fileOf(
      ".csv",
      'question,answer\nq\nq,a,b\nq,"a"b\n"many\r\nlines",a\n5" pipe,"""so"" said"\nq,a\n"q,a\n',
    );
    const { rows, bad } = await load(path);
    expect(rows).toEqual([
      { question: "many\r\nlines", answer: "a" },
      { question: '5" pipe', answer: '"so" said' },
      { question: "q", answer: "a" },
    ]);
    expect(bad).toMatchObject([
      { line: 2, problem: "it has 1 cells, the header 2" },
      { line: 3, problem: "it has 3 cells, the header 2" },
      { line: 4, problem: 'the quotes of the cell "answer" are not closed where it ends' },
      { line: 9, problem: expect.stringContaining("never closed") as string },
    ]);
  });

  test("of bytes that are no text is named by its line", async () => {
    const path = fileOf(".jsonl", Buffer.concat([Buffer.from(`${LINES[0]}\n`), Buffer.from([0xff, 0x0a])]));
    expect((await load(path)).bad).toMatchObject([{ line: 2, problem: "it is no UTF-8 text" }]);
  });
});

describe("a file that is none", () => {
  test.each([
    ["that is missing", "missing.jsonl", undefined, "there is no such file"],
    ["that is missing, of cells", "missing.csv", undefined, "there is no such file"],
    ["that is missing, a list", "missing.json", undefined, "there is no such file"],
    ["that is missing, of columns", "missing.parquet", undefined, "there is no such file"],
    ["that is no JSON", ".json", "[{]", "it holds no JSON"],
    ["that is no list", ".json", '{"question":"q"}', "expected a list of objects"],
    ["that is no text", ".csv", Buffer.from([0x61, 0x2c, 0xff, 0x0a]), "it is no UTF-8 text"],
    ["with a column twice", ".csv", "question,question\nq,r\n", 'two columns are called "question"'],
    ["with a column without a name", ".csv", "question,,answer\nq,,r\n", "column 2 has no name"],
    ["that is no parquet", ".parquet", "PAR1 or something like it", "parquet"],
  ])("is unreadable: one %s", async (_what, name, content, problem) => {
    const path = content === undefined ? join(folder, name) : fileOf(name, content);
    const thrown = await refusal(loadExamples(path, { signature: QA, onBadRow: () => undefined }));
    expect(thrown).toMatchObject({ name: "DatasetError", code: "unreadable", details: { file: path } });
    expect(thrown.message).toContain(problem);
  });

  test.each([".jsonl", ".csv"])("has no examples when it is empty: %s", async (ending) => {
    const thrown = await refusal(loadExamples(fileOf(ending, ""), { signature: QA }));
    expect(thrown).toMatchObject({ name: "DatasetError", code: "no_examples" });
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "another kind",
      () => loadExamples("x.xml", { signature: QA }),
      "expected a file that ends in .jsonl, .json, .csv, .parquet",
    ],
    ["no path", () => loadExamples("", { signature: QA }), "expected a path"],
    [
      "an unknown option",
      () => loadExamples("x.csv", { signature: QA, onBadRows: 1 } as never),
      'is "onBadRow" meant?',
    ],
    ["no signature", () => loadExamples("x.csv", { signature: "question -> answer" } as never), "expected a signature"],
    ["no options", () => loadExamples("x.csv", undefined as never), "expected an object of options"],
    [
      "an id that is no name",
      () => loadExamples("x.csv", { signature: QA, id: 3 } as never),
      "id must be a column's name",
    ],
    [
      "a word for onBadRow",
      () => loadExamples("x.csv", { signature: QA, onBadRow: "skip" } as never),
      "onBadRow must be a function",
    ],
  ])("is misuse: %s", async (_what, read, problem) => {
    const thrown = await refusal(read());
    expect(thrown).toBeInstanceOf(UsageError);
    expect(thrown.message).toContain(problem);
  });
});

describe("ids", () => {
  test("are the column's, as texts; rows without one have their digest", async () => {
    const path = fileOf(".jsonl", '{"id":7,"question":"q"}\n{"id":"x","question":"q"}\n{"question":"q"}\n');
    const { set } = await load(path);
    expect(set.map(({ id, tags }) => [id.slice(0, 3), tags])).toEqual([
      ["7", {}],
      ["x", {}],
      [expect.stringMatching(/^[\w-]{3}$/), {}],
    ]);
  });

  test("are those of another column, where one is named", async () => {
    const path = fileOf(".csv", "key,id,question,answer\nk1,1,q,a\nk2,1,q,a\n,2,q,a\n");
    const { set, bad } = await load(path, QA, { id: "key" });
    expect(set.map(({ id, tags }) => [id, tags])).toEqual([
      ["k1", { id: "1" }],
      ["k2", { id: "1" }],
    ]);
    expect(bad).toMatchObject([{ line: 4, field: "key", problem: "the row has no id" }]);
  });

  test("that two rows have are a bad row", async () => {
    const { set, bad } = await load(fileOf(".csv", "id,question,answer\n1,q,a\n1,r,b\n"));
    expect(set).toHaveLength(1);
    expect(bad).toMatchObject([
      { line: 3, field: "id", problem: expect.stringContaining('an earlier row has the id "1"') as string },
    ]);
  });

  test("of equal rows count them; labels make a difference, tags do not", () => {
    const set = examples(QA, [
      { question: "q", answer: "a" },
      { question: "q", answer: "a", level: "hard" },
      { question: "q", answer: "b" },
      { answer: "a", question: "q" },
    ]);
    const [first = "", second, third, fourth] = set.map(({ id }) => id);
    expect([second, fourth]).toEqual([`${first}~2`, `${first}~3`]);
    expect(third).not.toContain(first);
  });

  test("belong to the field where one is called so", async () => {
    const { set } = await load(fileOf(".csv", "id,answer\n1,a\n1,b\n"), signature("id -> answer"));
    expect(set.map(({ inputs }) => inputs)).toEqual([{ id: "1" }, { id: "1" }]);
    expect(new Set(set.map(({ id }) => id)).size).toBe(2);
  });
});

describe("a stream", () => {
  test("gives the same examples, and can be iterated again", async () => {
    const path = fileOf(".csv", "question,answer\n1 + 1?,2\nOù?,là\nOù?,là\n");
    const stream = streamExamples(path, { signature: QA });
    const set = await loadExamples(path, { signature: QA });
    expect(await collected(stream)).toEqual([...set]);
    expect(await collected(stream)).toEqual([...set]);
  });

  test.each([".jsonl", ".csv"])("can be left: %s", async (ending) => {
    const line = ending === ".csv" ? "q,a\n" : '{"question":"q","answer":"a"}\n';
    const path = fileOf(ending, (ending === ".csv" ? "question,answer\n" : "") + line.repeat(50_000));
    let count = 0;
    for await (const { inputs } of streamExamples(path, { signature: QA })) {
      expect(inputs.question).toBe("q");
      count += 1;
      if (count === 10) break;
    }
    expect(count).toBe(10);
  });

  test("gives what stands before a bad row", async () => {
    const path = fileOf(".csv", 'question,answer\nq,a\nr,b\n"s\n');
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { inputs } of streamExamples(path, { signature: QA })) seen.push(inputs.question);
    })();
    await expect(reading).rejects.toThrow("line 4");
    expect(seen).toEqual(["q", "r"]);
  });

  test("is refused at once for what cannot be read in pieces", () => {
    expect(() => streamExamples("x.json", { signature: QA })).toThrow("is one value");
    expect(() => streamExamples("x.jsonl", { signatur: QA } as never)).toThrow(UsageError);
  });
});

describe("values in code", () => {
  test("are checked as a file is", () => {
    expect(() => examples(QA, [{ question: "q" }, { question: 3 } as never])).toThrow(
      'examples: row 2, field "question": expected str, got 3',
    );
    expect(() => examples(QA, ["q"] as never)).toThrow('row 1: expected an object, got "q"');
    expect(() => examples(QA, [], { ids: "x" } as never)).toThrow('is "id" meant?');
    expect(() => examples("q -> a" as never, [])).toThrow("expected a signature");
  });

  test("stay the caller's: later changes do not reach the examples", () => {
    const row = { words: ["x"], answer: "a" };
    const [example] = examples(signature("words: list[str] -> answer"), [row]);
    row.words.push("y");
    expect(example?.inputs.words).toEqual(["x"]);
    expect(Object.isFrozen(row.words)).toBe(false);
  });

  test("may be tools, dates and conversations", () => {
    const search = tool({ name: "search", input: z.object({ query: z.string() }) });
    const Agent = signature("tools: list[Tool], day: date, past: History -> answer");
    const past = [{ question: "q", answer: "a" }];
    const [example] = examples(Agent, [{ tools: [search], day: new Date("2024-01-15"), past, answer: "x" }]);
    expect(example?.inputs).toEqual({ tools: [search], day: "2024-01-15", past });
    expect(example?.inputs.tools[0]).toBe(search);
  });

  test("that contain themselves are refused", () => {
    const round: Record<string, unknown> = { question: "q" };
    round["self"] = round;
    expect(() => examples(QA, [round as never])).toThrow('field "self": it is nested more than 500 levels deep');
  });
});
