/** What 200 signatures, ten of them of 2,000 characters, add to the compiler's time. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BenchReport, type BenchRow, interleave, median } from "./harness.ts";
import { makeService, serviceModules } from "./parts/type-service.ts";

const run_ = promisify(execFile);

const ROOT = join(import.meta.dirname, "..");
const COMPILER = join(ROOT, "node_modules/typescript/bin/tsc");
const SERVICE = { signatures: 200, long: 10, longLength: 2_000, seed: 20_261_124 };
const ROUNDS = { rounds: 9, warmup: 2 };
const MOST_ADDED_MS = 600;

type Kind = "none" | "by_hand" | "inferred";
const KINDS: readonly Kind[] = ["none", "by_hand", "inferred"];

/** What users compile against: the declarations, written by the compiler without checking the sources again. */
async function declarations(folder: string): Promise<void> {
  const settings = ["--emitDeclarationOnly", "--noCheck", "--sourceMap", "false", "--inlineSources", "false"];
  await compiler(["-p", join(ROOT, "tsconfig.build.json"), ...settings, "--outDir", join(folder, "dspex")]);
}

async function project(folder: string, kind: Kind): Promise<string> {
  const here = join(folder, kind);
  await mkdir(here);
  const compilerOptions = {
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: { dspex: [join(folder, "dspex/index.d.ts")] },
  };
  await writeFile(join(here, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(here, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const modules = serviceModules(makeService(SERVICE), kind);
  await Promise.all(modules.map((source, index) => writeFile(join(here, `module-${index}.ts`), source)));
  return here;
}

/** @throws the compiler's complaints, which would make a time worth nothing */
async function compiler(settings: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run_(process.execPath, [COMPILER, "--pretty", "false", ...settings]);
    return stdout;
  } catch (failure) {
    // What execFile rejects with has what was printed.
    const { stdout } = failure as { readonly stdout?: string };
    throw new Error(`the compiler complains: ${stdout?.slice(0, 2_000)}`, { cause: failure });
  }
}

export async function run(): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-types-"));
  try {
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"), "dir");
    await declarations(folder);
    const instantiations = new Map<Kind, number>();
    const compile = async (kind: Kind): Promise<() => Promise<number>> => {
      const here = await project(folder, kind);
      return async () => {
        const started = performance.now();
        const said = await compiler(["-p", here, "--extendedDiagnostics"]);
        const took = performance.now() - started;
        instantiations.set(kind, Number(/^Instantiations:\s+(\d+)$/m.exec(said)?.[1]));
        return took;
      };
    };
    const contenders = {
      none: await compile("none"),
      by_hand: await compile("by_hand"),
      inferred: await compile("inferred"),
    } satisfies Record<Kind, () => Promise<number>>;
    const { median: took, samples } = await interleave(contenders, ROUNDS);
    // Round by round, so that a slow moment counts for both.
    const added = median(samples.inferred.map((ms, round) => ms - (samples.none[round] ?? 0)));
    const times: readonly BenchRow[] = KINDS.map((kind) => ({
      name: { none: "tsc, no signatures", by_hand: "tsc, types by hand", inferred: "tsc, 200 signatures" }[kind],
      value: took[kind],
      unit: "ms",
      ratio: took[kind] / took.by_hand,
    }));
    return {
      about:
        "a service of 200 signatures against dspex's declarations; ratios are to the same with types written by hand",
      rows: [
        ...times,
        {
          name: "added by 200 signatures",
          value: added,
          unit: "ms",
          reach: { text: `≤ ${MOST_ADDED_MS} ms`, met: added <= MOST_ADDED_MS },
        },
        {
          name: "type instantiations added",
          value: (instantiations.get("inferred") ?? 0) - (instantiations.get("none") ?? 0),
          unit: "",
        },
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
