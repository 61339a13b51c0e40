// npm run mutants -- [--only TEXT] [--cases N]
// Breaks the rules of supervision one at a time, on a copy of the project, and tells what notices.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Mutation, mutations } from "./mutants/mutations.ts";

const USAGE = `Usage: npm run mutants -- [--only TEXT] [--cases N]

Breaks one rule of supervision at a time on a temporary copy of the project, and plays recorded traces and random trees
on each. Exit code 1 when nothing notices a broken rule, 2 when the copy fails unbroken.
  --only TEXT   only rules that hold the text
  --cases N     random cases for each property (default 1500)
`;

const ROOT = join(import.meta.dirname, "..");
const COPIED = ["package.json", "src", "scripts", "test/otp", "test/fixtures/otp"];
/** A broken supervisor may go on for ever. */
const TIMEOUT_MS = 120_000;

/** What notices, each as a word for the table; empty when nothing does. */
type Notices = readonly string[];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      cases: { type: "string", default: "1500" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const chosen = mutations.filter(({ rule }) => rule.includes(values.only));
  const copy = mkdtempSync(join(tmpdir(), "mutants-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    for (const mutation of chosen) mutated(copy, mutation);
    const unbroken = await noticed(copy, values.cases);
    if (unbroken.length > 0) throw new Error(`unbroken, the project already fails: ${unbroken.join(", ")}`);
    let survived = 0;
    for (const mutation of chosen) {
      const path = sourceOf(copy, mutation);
      const source = readFileSync(path, "utf8");
      writeFileSync(path, mutated(copy, mutation));
      const notices = await noticed(copy, values.cases);
      writeFileSync(path, source);
      if (notices.length === 0) survived += 1;
      const result = notices.length === 0 ? "SURVIVED" : notices.join(", ");
      process.stdout.write(`${mutation.rule.padEnd(74)} ${result}\n`);
    }
    process.stdout.write(
      `\n${chosen.length} rules broken, ${chosen.length - survived} noticed, ${survived} survived\n`,
    );
    return survived > 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function sourceOf(copy: string, { file }: Mutation): string {
  return join(copy, "src/supervisors", file);
}

/** @throws Error when the text to replace does not stand there once: the sources have moved on */
function mutated(copy: string, mutation: Mutation): string {
  const { rule, file, find, replace } = mutation;
  const parts = readFileSync(sourceOf(copy, mutation), "utf8").split(find);
  if (parts.length !== 2) throw new Error(`"${rule}": its text stands ${parts.length - 1} times in ${file}, not once`);
  return parts.join(replace);
}

async function noticed(copy: string, cases: string): Promise<Notices> {
  const traces = await run(copy, ["scripts/otp.ts"]);
  const failed = /(\d+) failed\s*$/.exec(traces.output)?.[1];
  const random = await run(copy, ["scripts/otp-property.ts", "--cases", cases, "--seed", "1"]);
  return [
    ...(traces.code === 0 ? [] : [failed === undefined ? `traces ${traces.end}` : `${failed} traces`]),
    ...(random.output.includes("as the model: FAILED") ? ["model"] : []),
    ...(random.output.includes("invariants: FAILED") ? ["invariants"] : []),
    ...(random.code !== 0 && !random.output.includes("FAILED") ? [`random trees ${random.end}`] : []),
  ];
}

interface Run {
  /** Null when it was ended by force. */
  readonly code: number | null;
  readonly output: string;
  readonly end: "hang" | "break";
}

function run(copy: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, timeout: TIMEOUT_MS, killSignal: "SIGKILL" });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => void (output += chunk.toString()));
    child.stderr.resume();
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, end: code === null ? "hang" : "break" }));
  });
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`mutants: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
