import { execFile } from "node:child_process";
import { mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..", "..");

/**
 * The declarations that the package will have, written to a folder that is the caller's to remove, and that finds the
 * packages that they import. Not checked: others do that.
 */
export async function writeDeclarations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dspex-declarations-"));
  const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const flags = ["--emitDeclarationOnly", "--noCheck", "--sourceMap", "false", "--inlineSources", "false"];
  const args = [compiler, "-p", "tsconfig.build.json", ...flags, "--outDir", folder];
  // Exits with 1 on an error of syntax, and emits all the same.
  await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch(() => {});
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}
