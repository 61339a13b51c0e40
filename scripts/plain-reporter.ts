import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Prints one line, `N passed, N failed` (and `, N skipped` when there are), for machines that count tests. A file that
 * cannot be imported, a hook that throws, an error outside any test and a type error each count as a failure, so that a
 * run that went wrong never reads `0 failed`.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason?: string): void {
    process.stdout.write(`\n${plainLine(tally(modules, unhandledErrors.length, reason))}\n`);
  }
}

export function tally(modules: readonly TestModule[], unhandledErrors: number, reason = "passed"): Tally {
  let passed = 0;
  let skipped = 0;
  let failed = unhandledErrors;
  const count = (node: TestModule | TestSuite | TestCase): void => {
    if (node.type === "test") {
      const { state } = node.result();
      if (state === "passed") passed += 1;
      else if (state === "skipped") skipped += 1;
      // A test that is still pending at the end never ran: that is no success.
      else failed += 1;
      return;
    }
    failed += node.errors().length;
    for (const child of node.children) count(child);
  };
  for (const module of modules) count(module);
  // Whatever else made the run fail (no test files, say) must not read as success.
  if (failed === 0 && (reason !== "passed" || passed + skipped === 0)) failed = 1;
  return { passed, failed, skipped };
}

export function plainLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
