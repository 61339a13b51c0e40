/**
 * What a user gets: packs the package, installs the tarball in an empty project, and there type-checks and runs the first
 * program of the README, as it stands in it, against the loopback server of `dspex/testing`. Then once more without a
 * key, which must fail at start with the one line that names the variable. Then the command line, as `npx dspex`: help, a
 * small evaluation with a scripted model, and an answer where no engine is installed. Where DSPEX_OLD_NODE is the path of
 * a Node that is too old, also what that one says of the package.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = join(import.meta.dirname, "..");
const TSC = join(ROOT, "node_modules", "typescript", "bin", "tsc");
const KEYS = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "DSPEX_MODEL"];

/** Runs a program to its end, without the caller's keys; kills what does not end. Never throws for what it returned. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const inherited = Object.entries(process.env).filter(([name]) => !KEYS.includes(name) && !name.startsWith("npm_"));
  return new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      shell: process.platform === "win32",
      timeout: 120_000,
    };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

function check(holds: boolean, what: string, outcome?: Outcome): void {
  if (holds) return void console.log(`  ok: ${what}`);
  const seen = outcome === undefined ? "" : `\nexit ${outcome.code}\n${outcome.stdout}${outcome.stderr}`;
  throw new Error(`${what}: it does not${seen}`);
}

function firstProgram(): string {
  const program = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1];
  if (program === undefined) throw new Error("README.md has no program in it");
  return program;
}

async function install(project: string): Promise<void> {
  const packed = await run("npm", ["pack", "--silent", "--pack-destination", project], ROOT);
  check(packed.code === 0, "npm pack makes a tarball", packed);
  const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "newcomer", private: true, type: "module" }));
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${tarball}`];
  const installed = await run("npm", args, project);
  check(installed.code === 0, "the tarball installs in an empty project", installed);
}

async function typeCheck(project: string, program: string): Promise<void> {
  const compilerOptions = {
    target: "es2024",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
    // The newcomer's own development dependency; ours serves as well and saves an install.
    typeRoots: [join(ROOT, "node_modules", "@types")],
    types: ["node"],
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["first.ts"] }));
  const right = await run(process.execPath, [TSC, "-p", "."], project);
  check(right.code === 0, "the README's first program type-checks", right);

  writeFileSync(join(project, "first.ts"), program.replace("result.answer", "result.answr"));
  const wrong = await run(process.execPath, [TSC, "-p", "."], project);
  check(
    wrong.code !== 0 && wrong.stdout.includes("answr"),
    "a misspelt output is a compile error that names it",
    wrong,
  );
  writeFileSync(join(project, "first.ts"), program);
}

async function runProgram(project: string): Promise<void> {
  const testing = pathToFileURL(join(project, "node_modules", "dspex", "dist", "testing.js")).href;
  // The packed module has the types of the source that it was built from.
  const { openaiServer } = (await import(testing)) as typeof import("../src/testing.ts");
  const answer = "Fault tolerance, by supervision.";
  const server = await openaiServer({ replies: [`[[ ## answer ## ]]\n${answer}\n\n[[ ## completed ## ]]`] });
  try {
    const env = { OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: "sk-loopback" };
    const ran = await run(process.execPath, ["first.ts"], project, env);
    check(ran.code === 0 && ran.stdout.trim() === answer, "it runs, prints the answer and ends by itself", ran);
  } finally {
    await server.close();
  }
}

async function runWithoutKey(project: string): Promise<void> {
  const ran = await run(process.execPath, ["first.ts"], project);
  // Node prints the stack of what nobody caught around it; the error itself must be one line, and say what to set.
  const lines = ran.stderr.split("\n").filter((line) => /^\w*Error\b/.test(line));
  const failed =
    ran.code !== 0 && ran.stdout === "" && lines.length === 1 && lines[0]?.includes("OPENAI_API_KEY") === true;
  check(failed, "without a key it fails with the one line", ran);
  console.log(`      ${lines[0]?.trim()}`);
}

const EVALUATED = `import { client, predict, signature } from "dspex";
import { scripted } from "dspex/testing";

export const qa = predict(signature("question -> answer"));
export const system = { children: [client({ name: "main", lm: scripted(() => ({ answer: "four" })) })] };
`;

async function useCommandLine(project: string): Promise<void> {
  const dspex = (args: readonly string[], env?: Record<string, string>): Promise<Outcome> =>
    run("npx", ["dspex", ...args], project, env);
  const help = await dspex(["--help"]);
  check(help.code === 0 && help.stdout.includes("evaluate"), "npx dspex --help lists the commands", help);

  writeFileSync(join(project, "evaluated.ts"), EVALUATED);
  writeFileSync(join(project, "dev.csv"), "question,answer\n2 + 2?,Four\n3 + 3?,six\n");
  const words = ["--program", "evaluated.ts#qa", "--system", "evaluated.ts#system", "--metric", "exactMatch:answer"];
  const evaluated = await dspex(["evaluate", ...words, "--set", "dev.csv", "--fail-under", "60"]);
  const right = evaluated.code === 1 && /^score +50\.00 /m.test(evaluated.stdout);
  check(right && evaluated.stderr.includes("below 60"), "npx dspex evaluate scores a program of one's own", evaluated);

  const ask = ["answer", "--question", "Where is the palace?", "--context", "evaluated.txt", "--json"];
  writeFileSync(join(project, "evaluated.txt"), "The palace is in Granada. It is old.");
  const answered = await dspex(ask, { DSPEX_CACHE: join(project, "none") });
  const read = answered.code === 0 && answered.stdout.includes('"answer":"The palace is in Granada."');
  const told = answered.stderr.includes("NO LANGUAGE MODEL COULD BE HAD") && answered.stderr.includes("node-llama-cpp");
  check(read && told, "npx dspex answer without an engine reads, and says so", answered);
}

/** Whatever is imported, an old Node says in one line that it is one. */
async function runOnOldNode(project: string): Promise<void> {
  const old = process.env["DSPEX_OLD_NODE"];
  if (old === undefined) return void console.log("  not tried: an old Node (DSPEX_OLD_NODE)");
  const line = /dspex needs Node [\d.]+ or newer, and this is Node [\d.]+/;
  for (const entry of ["dspex", "dspex/testing", "dspex/llama"]) {
    const imported = await run(old, ["--input-type=module", "-e", `import "${entry}"`], project);
    check(imported.code !== 0 && line.test(imported.stderr), `an old Node says so of ${entry}`, imported);
  }
  const command = await run(old, [join("node_modules", "dspex", "dist", "cli", "main.js"), "--help"], project);
  check(command.code === 2 && line.test(command.stderr.trimEnd()), "and of the command line", command);
}

const project = mkdtempSync(join(tmpdir(), "dspex-newcomer-"));
try {
  const program = firstProgram();
  await install(project);
  writeFileSync(join(project, "first.ts"), program);
  await typeCheck(project, program);
  await runProgram(project);
  await runWithoutKey(project);
  await useCommandLine(project);
  await runOnOldNode(project);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
