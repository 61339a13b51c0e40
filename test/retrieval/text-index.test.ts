import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { UsageError } from "../../src/foundation/errors.ts";
import type { Documents } from "../../src/retrieval/read-documents.ts";
import type { DocumentOptions } from "../../src/retrieval/read-passages.ts";
import { textIndex } from "../../src/retrieval/text-index.ts";
import { describeRetriever, TOWNS } from "../conformance/retriever.ts";

describeRetriever("textIndex", () => ({ spec: textIndex({ documents: TOWNS }) }));

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), "dspex-text-index-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

async function search(documents: Documents, query: string, k = 10, more: Partial<DocumentOptions> = {}) {
  const index = await textIndex({ documents, ...more }).open();
  return index.search(query, k);
}

describe("words", () => {
  test.each([
    ["in another case", "CARNIVAL"],
    ["with an ending", "carnivals"],
    ["beside signs", "(carnival?!)"],
    ["with an accent", "cárnival"],
  ])("are found %s", async (_how, query) => {
    expect((await search(TOWNS, query)).map(({ source }) => source)).toEqual(["basel"]);
  });

  test.each([
    ["crashes", "crash", "crashed", "crashing"],
    ["lake", "lakes"],
    ["process", "processes", "processed"],
    ["cache", "caches", "cached", "caching"],
    ["stop", "stops", "stopped", "stopping"],
    ["policy", "policies"],
  ])("in each of their forms are one: %s", async (...forms) => {
    for (const form of forms) expect(await search(forms, form)).toHaveLength(forms.length);
  });

  test("that are others stay others", async () => {
    expect(await search(["the status of a run", "a state", "a restart"], "start")).toEqual([]);
  });

  test("that are rare count for more than those that are everywhere", async () => {
    expect((await search(TOWNS, "which town lies on the Aare river")).map(({ source }) => source)[0]).toBe("bern");
  });

  test("that say nothing find nothing by themselves, unless there are no others", async () => {
    const texts = ["What is it?", "A carnival."];
    expect((await search(texts, "what is a carnival")).map(({ text }) => text)).toEqual(["A carnival."]);
    expect((await search(texts, "what is it")).map(({ text }) => text)).toEqual(["What is it?"]);
  });

  test.each(["", "   ", "?!", "zeppelin"])("none of which is there find nothing: %j", async (query) => {
    expect(await search(TOWNS, query)).toEqual([]);
  });

  test("may be written in any script", async () => {
    expect((await search(["Москва стоит на реке", "東京 は 大きい"], "москва")).map(({ source }) => source)).toEqual([
      "documents[0]",
    ]);
    expect(await search(["東京 は 大きい"], "東京")).toHaveLength(1);
  });
});

describe("passages", () => {
  test("that were given are taken as they are; without a source, their place is it", async () => {
    const long = `# Title\n\n${"a lake. ".repeat(400)}`;
    const [found] = await search([long], "lake");
    expect(found).toMatchObject({ text: long, source: "documents[0]" });
  });

  test("that fit equally well come in the order of the documents", async () => {
    const same = Array.from({ length: 9 }, (_, index) => ({ text: "the same lake", source: String(index) }));
    expect((await search(same, "lake")).map(({ source }) => source)).toEqual([..."012345678"]);
  });

  test("of files are cut by headings and length, and say which file they are from", async () => {
    const folder = folderOf({
      "b.md": "# Lakes\n\nGeneva has one.\n\n# Rivers\n\nBern has one.",
      "sub/a.md": "\uFEFFA lake of long standing, with a sentence. And another lake.",
      "c.txt": "a lake of another kind",
    });
    const found = await search(`${folder}/**/*.md`, "lake", 10, { passageLength: 45 });
    expect(
      found
        .map(({ text, source }) => `${source.slice(folder.length + 1)}: ${text}`)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual([
      "b.md: Lakes\n\nGeneva has one.",
      "sub/a.md: A lake of long standing, with a sentence.",
      "sub/a.md: And another lake.",
    ]);
  });

  test("of files in the working directory are called by their path from there", async () => {
    const [found] = await search("docs/*.md", "supervisors and their restart strategies");
    expect(found?.source).toMatch(/^docs\/\w+\.md$/);
  });

  test("are read anew at each opening", async () => {
    const folder = folderOf({ "a.md": "a lake" });
    const spec = textIndex({ documents: `${folder}/*.md` });
    const before = await spec.open();
    writeFileSync(join(folder, "a.md"), "a river");
    const after = await spec.open();
    expect([await before.search("lake", 1), await after.search("lake", 1)].map(({ length }) => length)).toEqual([1, 0]);
  });
});

describe("what cannot be indexed is said in one line", () => {
  async function problem(documents: Documents): Promise<string> {
    const failure: unknown = await textIndex({ documents })
      .open()
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(UsageError);
    const { message } = failure as UsageError;
    expect(message).not.toContain("\n");
    return message;
  }

  test("no file", async () => {
    expect(await problem("nowhere/**/*.md")).toBe(`textIndex: no file matches "nowhere/**/*.md" in ${process.cwd()}`);
  });

  test("only folders", async () => {
    const folder = folderOf({ "sub/a.txt": "a" });
    expect(await problem(`${folder}/*`)).toContain("no file matches");
  });

  test("no text in the files", async () => {
    const folder = folderOf({ "a.md": " \n\n# Only a heading\n" });
    expect(await problem(`${folder}/*.md`)).toBe(`textIndex: there is no text in the files of "${folder}/*.md"`);
  });

  test("a file that is no text", async () => {
    const folder = folderOf({ "a.md": Buffer.from([1, 0, 2]) });
    expect(await problem(`${folder}/*.md`)).toBe(`textIndex: ${folder}/a.md is not a text file`);
  });

  test("a file that cannot be read", async () => {
    const folder = folderOf({});
    symlinkSync(join(folder, "gone"), join(folder, "a.md"));
    expect(await problem(`${folder}/*.md`)).toMatch(/^textIndex: cannot read .*a\.md: ENOENT/);
  });

  test.each([
    ["nothing", undefined, "documents must be a glob of files or a list of texts, got undefined"],
    ["an empty glob", " ", 'documents must be a glob of files or a list of texts, got " "'],
    ["a number in the list", ["a", 1], "documents[1] must be a text or { text, source }, got 1"],
    ["a text without its source", [{ text: "a" }], 'documents[0] must be a text or { text, source }, got {"text":"a"}'],
  ])("%s", (_what, documents, message) => {
    expect(() => textIndex({ documents: documents as Documents })).toThrow(new UsageError(`textIndex: ${message}`));
  });

  test("a length of no characters", () => {
    expect(() => textIndex({ documents: [], passageLength: 0 })).toThrow(
      "textIndex: passageLength must be a whole number above 0, got 0",
    );
  });
});

describe("words of scripts without blanks", () => {
  const CITIES = [
    "東京は日本の首都です。",
    "大阪は食べ物で有名です。",
    "认证系统使用JWT令牌",
    "서울은 한국의 수도이다",
    "กรุงเทพมหานครเป็นเมืองหลวง",
    "ວຽງຈັນເປັນນະຄອນຫຼວງ",
    "Bern is on the Aare. Zürich liegt am See.",
    "물은 차갑다",
  ];
  test.each([
    ["Japanese", "首都", 0],
    ["Japanese, a question", "大阪は何で有名ですか", 1],
    ["Chinese", "认证", 2],
    ["Latin among Chinese", "jwt", 2],
    ["Chinese in full width", "ＪＷＴ", 2],
    ["Korean without its particle", "서울", 3],
    ["Korean with another one", "수도를", 3],
    ["one syllable of Korean", "물", 7],
    ["Thai", "เมืองหลวง", 4],
    ["Lao", "ວຽງຈັນ", 5],
    ["accents beside them", "zurich", 6],
  ])("%s", async (_, query, place) => {
    expect((await search(CITIES, query, 1))[0]?.text).toBe(CITIES[place]);
  });

  test("a name that no dictionary knows is found inside a longer run", async () => {
    const [first] = await search(["昨日珠穆朗玛峰上下了雪", "长江在涨水"], "朗玛峰", 1);
    expect(first?.text).toBe("昨日珠穆朗玛峰上下了雪");
  });
});
