// Short runs of the soaks. The full ones are `npm run soak` (a minute) and `npm run soak:service` (half an hour).
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { plateauOf } from "../../scripts/soak/heap.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What it says, whatever it ends with: when it fails, that is where it says why. */
async function soak(script: string, ...options: readonly string[]): Promise<string> {
  const args = ["--expose-gc", "--conditions=dspex-dev", `scripts/${script}.ts`, ...options];
  const run = promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return (await run.catch((failed: { stdout: string; stderr: string }) => failed)).stdout;
}

test(
  "a thousand crashes a second leave no call unanswered, no rejection, nobody behind",
  { timeout: 120_000 },
  async () => {
    const stdout = await soak("soak", "--seconds", "2");
    expect(stdout).toContain("soak: all of it holds");
    expect(stdout).toMatch(/unanswered +0\n/);
    expect(stdout).toMatch(/unhandled rejections +0\n/);
    expect(stdout).toMatch(/, 0 left\nexited +by itself/);
  },
);

test(
  "a client killed every 100 ms over sockets leaves no call unanswered, no permit and no socket",
  { timeout: 120_000 },
  async () => {
    const stdout = await soak("soak", "--sockets", "--seconds", "1");
    expect(stdout).toContain("soak: all of it holds");
    expect(stdout).toMatch(/unanswered +0\n/);
    expect(stdout).toMatch(/permits in use +0\n/);
    expect(stdout).toMatch(/; 0 after the system's stop\nexited +by itself/);
  },
);

test(
  "a service under careless callers, odd errors, kills and walls answers every call once and leaves nothing behind",
  { timeout: 120_000 },
  async () => {
    const stdout = await soak("soak-service", "--seconds", "1");
    expect(stdout).toContain("soak: all of it holds");
    expect(stdout).toMatch(/unanswered +0\n/);
    expect(stdout).toMatch(/, 0 astray\n/);
    expect(stdout).toMatch(/left before the stop +0 permits, 0 requests, 0 generators/);
    expect(stdout).toMatch(/exited +by itself/);
  },
);

test("a heap that grows steadily has its slope, whatever it did while it warmed up", () => {
  const samples = Array.from({ length: 61 }, (_, at) => ({ at, used: at < 20 ? 100 - at : 20 + at / 30 }));
  const { start, end, slope } = plateauOf(samples);
  expect(slope).toBeCloseTo(2);
  expect(end).toBeGreaterThan(start + 0.9);
});
