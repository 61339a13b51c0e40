import { chooseModel } from "./choose-model.ts";
import { INTERRUPTED, runDemo } from "./run-demo.ts";
import { startStage } from "./stage.ts";

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  // A second one does not wait for an orderly end. (Not `once`: a package of the engine's that finds no other listener
  // left while the signal is handled kills the process.)
  process.on(name, () => (interrupted.signal.aborted ? process.exit(INTERRUPTED) : interrupted.abort(name)));
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
