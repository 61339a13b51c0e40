/**
 * Everything that must hold before a change lands, in the order in which it is cheapest to be told. Stops at the first
 * step that fails. `npm run check -- NAME…` runs only those steps.
 */
import { spawnSync } from "node:child_process";

interface Step {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

const STEPS: readonly Step[] = [
  { name: "format", command: ["npm", "run", "--silent", "format:check"] },
  { name: "lint", command: ["npm", "run", "--silent", "lint"] },
  { name: "types", command: ["npm", "run", "--silent", "types"] },
  { name: "test", command: ["npm", "test", "--silent"] },
  { name: "build", command: ["npm", "run", "--silent", "build"] },
  { name: "unused", command: ["knip", "--no-progress"] },
  { name: "publint", command: ["publint", "--strict"] },
  { name: "exports", command: ["attw", "--pack", ".", "--profile", "esm-only"] },
  { name: "pack", command: ["npm", "run", "--silent", "pack-test"] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${STEPS.map((step) => step.name).join(", ")}.`);
  process.exit(2);
}

const timings: string[] = [];
for (const { name, command } of STEPS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const [program, ...args] = command;
  console.log(`\n── ${name}: ${command.join(" ")}`);
  const started = performance.now();
  // A shell, because npm and the tools in node_modules/.bin are scripts of another kind on Windows.
  const { status, signal } = spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`\ncheck: ${name} failed after ${seconds} s (${signal ?? `exit ${status}`}).`);
    process.exit(1);
  }
  timings.push(`${name} ${seconds} s`);
}
console.log(`\ncheck: all of it holds (${timings.join(", ")}).`);
