import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UsageError } from "../../foundation/errors.ts";
import { isMissing } from "../../foundation/sealed-line.ts";
import { writeWhole } from "../../foundation/write-whole.ts";
import { isExportName, readExportName } from "../named/named-export.ts";
import { isReadyMade } from "../named/ready-made-teleprompters.ts";
import type { CompileWish } from "./compile-wish.ts";

/** The command that a job was started with, kept in its folder. Whoever reads it loads nothing of what it names unasked. */
export interface KeptCommand {
  /** Where it was typed. */
  readonly cwd: string;
  readonly wish: CompileWish;
}

const FILE = "command.json";
const MODE = 0o600;
const HEAD = Object.freeze({ format: "dspex/command", version: 1 } as const);

/** What each option holds. What is only of one run (how it is shown, that it is only to be estimated) is not kept. */
const OPTIONS: Readonly<
  Record<Exclude<keyof CompileWish, "progress" | "dryRun" | "folder">, "text" | "texts" | "number">
> = {
  teleprompter: "text",
  program: "text",
  metric: "texts",
  train: "text",
  val: "text",
  system: "text",
  signature: "text",
  out: "text",
  html: "text",
  json: "text",
  markdown: "text",
  rows: "number",
  maxConcurrency: "number",
  timeoutMs: "number",
  maxCalls: "number",
  maxTokens: "number",
  maxUsd: "number",
};

const NEEDED: readonly (keyof CompileWish)[] = ["teleprompter", "program", "train", "system"];

/** @throws the file system's error (rejects) */
export async function keepCommand(folder: string, { cwd, wish }: KeptCommand): Promise<void> {
  const given = Object.keys(OPTIONS).map((name) => {
    const value = wish[name as keyof CompileWish];
    // JSON has no word for it.
    return [name, value === Infinity ? "Infinity" : value] as const;
  });
  const text = JSON.stringify({ ...HEAD, cwd, options: Object.fromEntries(given) }, undefined, 2);
  await writeWhole(join(folder, FILE), `${text}\n`, MODE);
}

/** Undefined: none was kept. @throws UsageError (rejects) for one that this version does not read */
export async function readCommand(folder: string): Promise<KeptCommand | undefined> {
  const path = join(folder, FILE);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw new UsageError(`${path} is no kept command`);
  }
  const { format, version, cwd, options } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== HEAD.format || typeof cwd !== "string" || typeof options !== "object" || options === null)
    throw new UsageError(`${path} is no kept command`);
  if (version !== HEAD.version)
    throw new UsageError(`${path} has version ${String(version)}, this dspex reads ${HEAD.version}: update dspex`);
  const wish: Record<string, unknown> = {};
  for (const [name, found] of Object.entries(options)) {
    const kind = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
    const given: unknown = kind === "number" && found === "Infinity" ? Infinity : found;
    if (kind === undefined || !isOf(kind, given))
      throw new UsageError(`${path}: "${name}" is no option, or not as it should be`);
    wish[name] = given;
  }
  const missing = NEEDED.find((name) => wish[name] === undefined);
  if (missing !== undefined) throw new UsageError(`${path}: "${missing}" is missing`);
  // Each option was looked at by its kind, and those that must be there are: a type that was built name by name does not show it.
  return { cwd, wish: { ...wish, folder, progress: true } as unknown as CompileWish };
}

/** The modules that it names, by their paths. What they import is theirs to say. */
export function modulesOf({ cwd, wish }: KeptCommand): readonly string[] {
  const { program, system, train, val, signature, metric = [], teleprompter } = wish;
  const maybe = [train, val, ...metric, isReadyMade(teleprompter) ? undefined : teleprompter];
  const files = [
    program,
    system,
    ...maybe.filter((text) => text !== undefined && isExportName(text)),
    signature?.includes("->") === true ? undefined : signature,
  ].flatMap((text) => (text === undefined ? [] : [resolve(cwd, readExportName(FILE, text).file)]));
  return [...new Set(files)];
}

/** The files that it writes besides the folder's own. */
export function filesOf({ cwd, wish }: KeptCommand): readonly string[] {
  const files = [wish.out, wish.html, wish.json, wish.markdown];
  return files.flatMap((file) => (file === undefined || file === "-" ? [] : [resolve(cwd, file)]));
}

function isOf(kind: "text" | "texts" | "number", value: unknown): boolean {
  if (kind === "texts") return Array.isArray(value) && value.every((each) => typeof each === "string");
  return typeof value === (kind === "text" ? "string" : "number");
}
