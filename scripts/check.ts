/**
 * Everything that must hold before a change lands: npm scripts, in the order in which it is cheapest to be told. Stops at
 * the first that fails. `npm run check -- NAME…` runs only those.
 */
import { spawnSync } from "node:child_process";

const STEPS = ["format:check", "lint", "types", "test", "build", "unused", "package-check", "pack-test"];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.includes(name));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${STEPS.join(", ")}.`);
  process.exit(2);
}

const timings: string[] = [];
for (const step of wanted.length > 0 ? STEPS.filter((name) => wanted.includes(name)) : STEPS) {
  console.log(`\n── ${step}`);
  const started = performance.now();
  // A shell on Windows, where npm is a batch file.
  const { status, signal } = spawnSync("npm", ["run", "--silent", step], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`\ncheck: ${step} failed after ${seconds} s (${signal ?? `exit ${status}`}).`);
    process.exit(1);
  }
  timings.push(`${step} ${seconds} s`);
}
console.log(`\ncheck: all of it holds (${timings.join(", ")}).`);
