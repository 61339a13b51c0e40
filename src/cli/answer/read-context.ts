import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

export type ContextRead =
  | { readonly ok: true; readonly text: string }
  /** One line. */
  | { readonly ok: false; readonly problem: string };

/** The text of a file, or all of standard input for `-`. @param cwd where files are named from */
export async function readContext(
  source: string,
  input: AsyncIterable<Buffer | string>,
  cwd: string,
): Promise<ContextRead> {
  const named = source === "-" ? "standard input" : source;
  let bytes: Buffer;
  try {
    bytes = source === "-" ? await readAll(input) : await readFile(resolve(cwd, source));
  } catch (thrown) {
    return { ok: false, problem: `the context cannot be read: ${reason(thrown, source)}` };
  }
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trim();
  if (text === "") return { ok: false, problem: `the context is empty: there is no text in ${named}` };
  if (text.includes("\0")) return { ok: false, problem: `the context must be text, and ${named} is not` };
  return { ok: true, text };
}

async function readAll(input: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function reason(thrown: unknown, source: string): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === "ENOENT") return `there is no file ${source}`;
  if (code === "EISDIR") return `${source} is a folder`;
  if (code === "EACCES") return `${source} may not be read`;
  return message;
}
