import { chooseModel } from "./choose-model.ts";
import { INTERRUPTED, runDemo } from "./run-demo.ts";
import { startStage } from "./stage.ts";

const interrupted = new AbortController();
let interruptedAt = 0;
// npm passes on a Ctrl-C that this process has got as well: only one that comes later means "now, not in order".
const ONE_INTERRUPT_MS = 500;
// Not `once`: a package of the engine's that finds no other listener left while a signal is handled kills the process.
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.on(name, () => {
    if (interrupted.signal.aborted && performance.now() - interruptedAt > ONE_INTERRUPT_MS) process.exit(INTERRUPTED);
    interruptedAt ||= performance.now();
    interrupted.abort(name);
  });
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
