import MiniSearch from "minisearch";
import { UsageError } from "../foundation/errors.ts";
import type { SourceText } from "./read-documents.ts";
import { type DocumentOptions, passageReader } from "./read-passages.ts";
import type { Passage, Retriever, RetrieverOpenOptions, RetrieverSpec, SearchOptions } from "./retriever.ts";

/**
 * A full-text index in memory, built from files or texts as it is opened: passages ranked by BM25+ (Lv and Zhai, 2011) as
 * MiniSearch has it. Words are compared in lower case, without accents and without English endings, so that "crashes"
 * finds "crash"; where a script writes no blanks (Chinese, Japanese, Thai, …), words are what `Intl.Segmenter` takes for
 * some, and in Korean each two syllables count besides the word. The commonest English words of a query ("what", "the")
 * count only where it has no others. A passage with one of its words is found; those with more of them, and with rarer
 * ones, come first.
 *
 * `open` rejects with UsageError, in one line, when no file matches, one cannot be read, or there is no text in any.
 *
 * @throws UsageError for options that make no sense
 */
export function textIndex(options: DocumentOptions): RetrieverSpec {
  const read = passageReader(WHAT, options);
  return Object.freeze({
    kind: "retriever" as const,
    name: "text index",
    open: async ({ signal }: RetrieverOpenOptions = {}): Promise<Retriever> => openIndex(await read(signal)),
  });
}

const WHAT = "textIndex";

function openIndex(passages: readonly SourceText[]): Retriever {
  let index: MiniSearch<{ readonly id: number; readonly text: string }> | undefined = new MiniSearch({
    fields: ["text"],
    tokenize: wordsOf,
    processTerm: stem,
  });
  index.addAll(passages.map(({ text }, id) => ({ id, text })));
  return Object.freeze({
    async search(query: string, k: number, { signal }: SearchOptions = {}): Promise<readonly Passage[]> {
      signal?.throwIfAborted();
      if (index === undefined) throw new UsageError(`${WHAT}: the index was closed`);
      // MiniSearch keeps ids as they were given, and types them as anything. Equal scores: in the order of the documents.
      const found = index
        .search(query, { tokenize: tellingWords })
        .map(({ id, score }) => ({ id: id as number, score }));
      found.sort((a, b) => b.score - a.score || a.id - b.id);
      return found.slice(0, k).flatMap(({ id, score }) => {
        const passage = passages[id];
        return passage === undefined ? [] : [Object.freeze({ ...passage, score })];
      });
    },
    describe: () => ({ passages: passages.length }),
    async close(): Promise<void> {
      index = undefined;
    },
  });
}

/** Words that say nothing about what is asked. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  "a an and are as at be but by can did do does for from had has have how if in into is it its no not of on or such that the their then there these they this to was were what when where which who why will with".split(
    " ",
  ),
);

/** A query of nothing but empty words is taken as it is: somebody may look for "to be or not to be". */
function tellingWords(query: string): string[] {
  const words = wordsOf(query);
  const telling = words.filter((word) => !EMPTY_WORDS.has(word));
  return telling.length > 0 ? telling : words;
}

const UNSPACED = String.raw`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]`;
/** Runs of letters and digits, those of scripts that write no blanks between words apart from others. */
const RUN = new RegExp(String.raw`(?:(?=[\p{L}\p{N}\p{M}])${UNSPACED})+|(?:(?!${UNSPACED})[\p{L}\p{N}\p{M}])+`, "gu");
const IS_UNSPACED = new RegExp(`^${UNSPACED}`, "u");

/** Which language it is makes no difference: each of these scripts is cut by its own dictionary. */
const SEGMENTER = new Intl.Segmenter("en", { granularity: "word" });

function wordsOf(text: string): string[] {
  const runs = text.normalize("NFKC").toLowerCase().match(RUN) ?? [];
  return runs.flatMap((run) => {
    if (IS_UNSPACED.test(run)) return cutWords(run);
    return /^\p{Script=Hangul}/u.test(run) ? [run, ...pairsIn(run)] : spacedWords(run);
  });
}

/** A dictionary takes what it does not know for one word, or for others than in the query: pairs of signs meet all the same. */
function cutWords(run: string): string[] {
  return [...SEGMENTER.segment(run)].flatMap(({ segment, isWordLike }) => {
    if (isWordLike !== true) return [];
    return /^\p{Script=Han}{3,}$/u.test(segment) ? [segment, ...pairsIn(segment)] : [segment];
  });
}

/** Korean has blanks, but its particles stand on the word: so that the word alone is found, each two syllables count too. */
function pairsIn(word: string): string[] {
  const signs = [...word];
  if (signs.length === 2) return signs.slice(0, 1);
  return signs.slice(1).map((sign, index) => `${signs[index] ?? ""}${sign}`);
}

function spacedWords(run: string): string[] {
  const plain = run.normalize("NFKD").replaceAll(/\p{M}+/gu, "");
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The same for a document's words and a query's, so it need not be right, only alike. */
function stem(word: string): string {
  if (word.length < 4) return word;
  const one = word.replace(/ies$/, "y").replace(/(?<=s|x|z|ch|sh)es$|(?<![sui])s$/, "");
  const plain = one.length > 4 ? one.replace(/(?:ing|ed)$/, "").replace(/([bdfgmnprt])\1$/, "$1") : one;
  return plain.length > 3 ? plain.replace(/e$/, "") : plain;
}
