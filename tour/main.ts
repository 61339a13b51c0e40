import { fetchWeights, llama } from "dspex/llama";
import { interruptsOf } from "../src/cli/interrupts.ts";
import { systemClock } from "../src/foundation/clock.ts";
import { compileAndKill } from "./chapters/compile.ts";
import { crash } from "./chapters/crash.ts";
import { evaluatePast } from "./chapters/evaluate.ts";
import { runTour } from "./run-tour.ts";

const signal = interruptsOf(process, systemClock);
process.exitCode = await runTour([crash, evaluatePast, compileAndKill], {
  env: process.env,
  cwd: process.cwd(),
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
  signal,
  clock: systemClock,
  async model(onProgress) {
    await fetchWeights({ onProgress, signal });
    return llama();
  },
});
