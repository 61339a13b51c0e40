#!/usr/bin/env node
import "./needs-node.ts";
import { systemClock } from "../foundation/clock.ts";
import { interruptsOf } from "./interrupts.ts";
import { runCli } from "./run-cli.ts";

const code = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
  signal: interruptsOf(process, systemClock),
  clock: systemClock,
});
// Modules that were loaded may have left open what keeps a process alive for ever (a pool of connections, a timer).
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
