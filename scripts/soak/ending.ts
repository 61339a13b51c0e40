// The end of a soak: what was off is told, and the process must end by itself.

/** All timers of a soak's load are much shorter; a busy machine may be late with them. */
const STILL_THERE_MS = 20_000;

/** To be called last, when nothing is left to do. */
export function endWith(off: readonly string[]): void {
  const done = performance.now();
  let stuck = false;
  // Node ends now. This timer does not keep it, and only fires if something else does.
  setTimeout(() => {
    stuck = true;
    console.log(
      `still there: ${process.getActiveResourcesInfo().join(", ")}\n\nsoak: FAILED, the process does not end`,
    );
    process.exit(1);
  }, STILL_THERE_MS).unref();
  process.on("exit", () => {
    if (stuck) return;
    console.log(
      `exited                by itself, ${Math.round(performance.now() - done).toLocaleString("en")} ms later`,
    );
    console.log(off.length === 0 ? "\nsoak: all of it holds" : `\nsoak: FAILED, ${off.join("; ")}`);
  });
  process.exitCode = off.length === 0 ? 0 : 1;
}
