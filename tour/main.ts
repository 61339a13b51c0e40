import { fetchWeights, llama } from "dspex/llama";
import { INTERRUPTED } from "../demo/run-demo.ts";
import { crash } from "./chapters/crash.ts";
import { evaluatePast } from "./chapters/evaluate.ts";
import { runTour } from "./run-tour.ts";

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
process.exitCode = await runTour([crash, evaluatePast], {
  out: process.stdout,
  err: process.stderr,
  signal,
  now: () => performance.now(),
  async model(onProgress) {
    await fetchWeights({ onProgress, signal });
    return llama();
  },
});
