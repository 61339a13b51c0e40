import { Readable } from "node:stream";
import type { CliWorld } from "../../src/cli/cli-world.ts";
import { testClock } from "../../src/testing/test-clock.ts";

/** A world for a command to run in, and what was printed in it. */
export function madeWorld(setup: Partial<CliWorld> = {}) {
  const printed = { out: "", err: "" };
  const world: CliWorld = {
    env: {},
    cwd: process.cwd(),
    input: Readable.from([]),
    out: { write: (text) => (printed.out += text) },
    err: { write: (text) => (printed.err += text) },
    signal: new AbortController().signal,
    clock: testClock(),
    ...setup,
  };
  return { world, printed };
}
