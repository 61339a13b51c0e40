/**
 * `npm run demo`: lists the programs in examples/supervision. `npm run demo -- NAME…` runs some, `-- all` all of them, one
 * after the other.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../examples/supervision");

/** In the order in which one learns them. */
const NAMES = [
  "one-for-one",
  "one-for-all",
  "rest-for-one",
  "dynamic",
  "simple-one-for-one",
  "intensity",
  "escalation",
  "ordered-shutdown",
  "automatic-shutdown",
  "hot-restart",
  "tasks",
];

/** The comment on the first line of a program, without the name before the colon. */
function about(name: string): string {
  const [first = ""] = readFileSync(join(FOLDER, `${name}.ts`), "utf8").split("\n", 1);
  return first.replace(/^\/\/[^:]*:\s*/, "");
}

function run(name: string): boolean {
  const file = join(FOLDER, `${name}.ts`);
  const { status, signal } = spawnSync(process.execPath, ["--conditions=dspex-dev", file], { stdio: "inherit" });
  if (status === 0) return true;
  console.error(`demo: ${name} failed (${signal ?? `exit ${status}`})`);
  return false;
}

const wanted = process.argv.slice(2);
const names = wanted.includes("all") ? NAMES : wanted;
const unknown = names.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`No such demo: ${unknown.join(", ")}. There are: ${NAMES.join(", ")}, and "all".`);
  process.exitCode = 2;
} else if (names.length === 0) {
  const width = Math.max(...NAMES.map((name) => name.length));
  console.log("npm run demo -- NAME…, or all\n");
  for (const name of NAMES) console.log(`  ${name.padEnd(width)}  ${about(name)}`);
} else if (!names.every(run)) {
  process.exitCode = 1;
}
