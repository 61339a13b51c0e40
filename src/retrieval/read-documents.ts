import fs from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { asError, describe, UsageError } from "../foundation/errors.ts";

/** A text, and where it is from. */
export interface SourceText {
  readonly text: string;
  readonly source: string;
}

/**
 * What to search: a glob of text files, relative to the working directory (`"docs/**\/*.md"`), or the passages
 * themselves, each as a text or with its source.
 */
export type Documents = string | readonly (string | SourceText)[];

/** @throws UsageError for what is neither a glob nor a list of texts */
export function checkDocuments(what: string, documents: Documents): void {
  if (typeof documents === "string" ? documents.trim() !== "" : Array.isArray(documents)) return;
  throw new UsageError(`${what}: documents must be a glob of files or a list of texts, got ${describe(documents)}`);
}

/** Texts given as they are. One without a source is called by its place in the list. */
export function givenTexts(what: string, documents: readonly (string | SourceText)[]): readonly SourceText[] {
  return documents.map((each: unknown, index) => {
    if (typeof each === "string") return { text: each, source: `documents[${index}]` };
    const { text, source } = (each ?? {}) as { readonly text?: unknown; readonly source?: unknown };
    if (typeof text === "string" && typeof source === "string") return { text, source };
    throw new UsageError(`${what}: documents[${index}] must be a text or { text, source }, got ${describe(each)}`);
  });
}

/**
 * The files that a glob matches, by path; a file's path, with `/` on every system, is its source.
 * @throws UsageError when there is none, or one cannot be read
 */
export async function readFiles(what: string, pattern: string, signal?: AbortSignal): Promise<readonly SourceText[]> {
  const paths: string[] = [];
  for await (const entry of fs.glob(pattern, { withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = `${entry.parentPath}${sep}${entry.name}`;
    const near = relative(process.cwd(), path);
    paths.push(isAbsolute(pattern) || near.startsWith("..") ? path : near);
  }
  if (paths.length === 0) throw new UsageError(`${what}: no file matches ${describe(pattern)} in ${process.cwd()}`);
  paths.sort();
  const texts: SourceText[] = [];
  for (const path of paths) {
    signal?.throwIfAborted();
    texts.push({ text: await textOf(what, path), source: path.split(sep).join("/") });
  }
  return texts;
}

async function textOf(what: string, path: string): Promise<string> {
  let text: string;
  try {
    text = await fs.readFile(path, "utf8");
  } catch (thrown) {
    throw new UsageError(`${what}: cannot read ${path}: ${asError(thrown).message.split("\n", 1)[0]}`, {
      cause: thrown,
    });
  }
  if (text.includes("\0")) throw new UsageError(`${what}: ${path} is not a text file`);
  return text.replace(/^\uFEFF/, "");
}
