// The library as it was, beside the library as it is: both built, each in a folder of its own, to be loaded by processes
// of their own.
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..", "..");

/** What the figures of these benches are beside: the library before records, effects and fair shares came. */
const EARLIER = "87749c6";

/** URLs of what `import "dspex"` would give. */
export interface Builds {
  readonly earlier: string;
  readonly present: string;
}

/**
 * Checks the earlier commit out in a worktree in a temporary folder, builds it and the present sources, and takes both
 * away when the work is done. The earlier one is built with the packages that are installed now.
 *
 * @throws Error that says so where the commit is not in the repository's history
 */
export async function withBuilds<T>(work: (builds: Builds) => Promise<T>): Promise<T> {
  await checkHistory();
  const folder = await mkdtemp(join(tmpdir(), "dspex-bench-"));
  const [earlier, present] = [join(folder, "earlier"), join(folder, "present")];
  try {
    await git("worktree", "add", "--detach", earlier, EARLIER);
    await symlink(join(ROOT, "node_modules"), join(earlier, "node_modules"));
    await build(earlier, join(earlier, "dist"));
    await build(ROOT, join(present, "dist"));
    await symlink(join(ROOT, "node_modules"), join(present, "node_modules"));
    await writeFile(join(present, "package.json"), '{ "type": "module" }\n');
    return await work({ earlier: entry(earlier), present: entry(present) });
  } finally {
    await git("worktree", "remove", "--force", earlier).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkHistory(): Promise<void> {
  try {
    await git("rev-parse", "--verify", "--quiet", `${EARLIER}^{commit}`);
  } catch (cause) {
    const message = `this bench stands beside the library as of commit ${EARLIER}, which is not here: run it in a clone with its whole history (git fetch --unshallow)`;
    throw new Error(message, { cause });
  }
}

function git(...words: readonly string[]): Promise<unknown> {
  return run("git", words, { cwd: ROOT });
}

async function build(folder: string, dist: string): Promise<void> {
  await run(join(ROOT, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json", "--outDir", dist], {
    cwd: folder,
  });
}

function entry(folder: string): string {
  return pathToFileURL(join(folder, "dist", "index.js")).href;
}
