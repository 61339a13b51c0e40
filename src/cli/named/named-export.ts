import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { nearest } from "../../foundation/check-options.ts";
import { asError, UsageError } from "../../foundation/errors.ts";
import type { CliWorld } from "../cli-world.ts";
import { unlessInterrupted } from "../interrupts.ts";
import { importModule } from "./import-module.ts";

/** What an option says where it names something in a module: `FILE#name`, or `FILE` for its default export. */
export interface ExportName {
  readonly file: string;
  readonly name: string;
}

/** @param option what the error begins with (`--program`) @throws UsageError */
export function readExportName(option: string, text: string): ExportName {
  const at = text.lastIndexOf("#");
  const [file, name] = at === -1 ? [text, "default"] : [text.slice(0, at), text.slice(at + 1)];
  if (file === "" || name === "") throw new UsageError(`${option}: expected FILE#name, got "${text}"`);
  return { file, name };
}

const MODULES: readonly string[] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/** Whether it names something in a module, and not what options take besides. */
export function isExportName(text: string): boolean {
  return text.includes("#") || MODULES.includes(extname(text).toLowerCase());
}

/**
 * Loads the module and gives what it exports under that name, once that is there where it is a promise. TypeScript runs by
 * Node's own type stripping.
 *
 * @throws UsageError (rejects) for a file that is not there, an export that it does not have, and a module that cannot be
 *   loaded; the signal's reason, when it is aborted meanwhile
 */
export async function namedExport(option: string, text: string, { cwd, signal }: CliWorld): Promise<unknown> {
  const { file, name } = readExportName(option, text);
  const path = resolve(cwd, file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`${option}: there is no file ${file}`);
  const exports = await unlessInterrupted(signal, loaded(option, file, path));
  if (!Object.hasOwn(exports, name)) throw new UsageError(missing(option, file, name, Object.keys(exports)));
  return unlessInterrupted(signal, Promise.resolve(exports[name]));
}

async function loaded(option: string, file: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importModule(path);
  } catch (thrown) {
    const { name, message } = asError(thrown);
    throw new UsageError(`${option}: ${file} could not be loaded: ${name}: ${message} (--verbose shows where)`, {
      cause: thrown,
    });
  }
}

function missing(option: string, file: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` (is "${near}" meant?)`;
  const what = name === "default" ? "has no default export: say which, as FILE#name" : `exports no "${name}"${hint}`;
  return `${option}: ${file} ${what}; it exports ${names.join(", ") || "nothing"}`;
}
