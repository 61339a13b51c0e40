import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Complaint {
  /** Which source it is about. */
  readonly source: number;
  /** What the compiler says, without place and code; further lines indented as it prints them. */
  readonly message: string;
}

/** What the modules may import. The smallest that will do: it is read at each compilation. */
const SIGNATURES_ALONE: Packages = { dspex: "../test/types/signatures-alone.ts" };

/** Files of `src` by what they are imported as; or of anywhere, by their full paths. */
export type Packages = Readonly<Record<string, string>>;

/** Compiles small modules with the real compiler under the project's settings, all in one run. */
export async function compile(
  sources: readonly string[],
  packages: Packages = SIGNATURES_ALONE,
): Promise<readonly Complaint[]> {
  return complaints(await compiled(sources, packages, []));
}

/**
 * How many types the compiler makes of generic ones to check these modules: its work, counted instead of timed.
 * @throws for modules that it complains of
 */
export async function instantiations(sources: readonly string[]): Promise<number> {
  // One checker, so that no chance decides which modules share what it has read.
  const said = await compiled(sources, SIGNATURES_ALONE, ["--extendedDiagnostics", "--singleThreaded"]);
  const count = /^Instantiations:\s+(\d+)$/m.exec(said)?.[1];
  if (count === undefined || /error TS/.test(said)) throw new Error(`the compiler says: ${said}`);
  return Number(count);
}

async function compiled(sources: readonly string[], packages: Packages, flags: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dspex-types-"));
  try {
    const settings = {
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        typeRoots: [join(ROOT, "node_modules/@types")],
        types: ["node"],
        paths: {
          ...Object.fromEntries(Object.entries(packages).map(([name, file]) => [name, [resolve(ROOT, "src", file)]])),
          zod: [join(ROOT, "node_modules/zod/index.d.ts")],
        },
      },
      include: ["*.ts"],
    };
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(settings));
    await Promise.all(sources.map((source, index) => writeFile(join(folder, `source-${index}.ts`), source)));
    return await runCompiler(folder, flags);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runCompiler(folder: string, flags: readonly string[]): Promise<string> {
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  return new Promise((done) => {
    // A failed compilation exits with 1 or 2 and prints to standard output: that is the result, not an error.
    execFile(
      process.execPath,
      [compiler, "--pretty", "false", "--noEmit", "-p", folder, ...flags],
      { cwd: folder },
      (_, out, err) => done(`${out}${err}`),
    );
  });
}

function complaints(output: string): readonly Complaint[] {
  const found: { source: number; message: string }[] = [];
  for (const line of output.split("\n")) {
    const [, source, message] = /^source-(\d+)\.ts\(\d+,\d+\): error TS\d+: (.*)$/.exec(line) ?? [];
    const last = found.at(-1);
    if (message !== undefined) found.push({ source: Number(source), message });
    else if (last !== undefined && line.startsWith(" ")) last.message += `\n${line}`;
    else if (line !== "") throw new Error(`the compiler says: ${line}`);
  }
  return found;
}
