import { chooseModel } from "./choose-model.ts";
import { runDemo } from "./run-demo.ts";
import { startStage } from "./stage.ts";

const interrupted = new AbortController();
// Once: a second Ctrl-C ends the process at once, as everywhere.
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort(name));
// Whoever reads may have seen enough (`| head`): nothing is left to do then, and nobody to tell.
process.stdout.on("error", () => process.exit(1));

const { signal } = interrupted;
process.exitCode = await runDemo(process.argv.slice(2), {
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
  signal,
  now: () => performance.now(),
  choose: (onProgress) => chooseModel({ env: process.env, onProgress, signal }),
  start: (choice) => startStage(choice, signal),
});
