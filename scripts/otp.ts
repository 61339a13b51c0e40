// npm run otp -- FILE… [--real-time] [--repeat N] [--only TEXT]
// Plays files of recorded OTP traces on the real runtime and tells where it differs.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { casesOf, type OtpCase, playCase, type Played } from "../test/otp/play-file.ts";
import { realTime, virtualTime } from "../test/otp/time.ts";

const USAGE = `Usage: npm run otp -- [FILE…] [--real-time] [--repeat N] [--only TEXT]

Plays recorded traces of OTP's supervisors, actors and tasks (test/fixtures/otp by default) on this runtime.
  --real-time   on real timers, many cases side by side; default: a virtual clock, one after another
  --repeat N    so many times over (default 1)
  --only TEXT   only cases whose name holds the text
`;

const DEFAULT_FILES = ["vectors", "actors", "tasks"].map(
  (name) => new URL(`../test/fixtures/otp/${name}.json`, import.meta.url),
);

/** Cases that run at once on real timers: enough to be quick, few enough that 40 ms stay 40 ms. */
const SIDE_BY_SIDE = 8;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "real-time": { type: "boolean", default: false },
      repeat: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat takes a whole number, got "${values.repeat}"`);
  let passed = 0;
  let failed = 0;
  for (const file of positionals.length > 0 ? positionals : DEFAULT_FILES) {
    const cases = casesOf(JSON.parse(readFileSync(file, "utf8"))).filter(({ name }) => name.includes(values.only));
    let failedHere = 0;
    for (let round = 0; round < repeat; round += 1) {
      const results = values["real-time"] ? await sideBySide(cases) : await oneByOne(cases);
      for (const { name, rule, difference } of results) {
        if (difference === undefined) continue;
        failedHere += 1;
        process.stdout.write(`FAILED ${name}\n  ${rule}\n  ${difference}\n`);
      }
    }
    const played = cases.length * repeat;
    process.stdout.write(
      `${file instanceof URL ? file.pathname.split("/").at(-1) : file}: ${played - failedHere} of ${played}\n`,
    );
    passed += played - failedHere;
    failed += failedHere;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

async function oneByOne(cases: readonly OtpCase[]): Promise<Played[]> {
  const results: Played[] = [];
  for (const each of cases) results.push(await playCase(each, virtualTime()));
  return results;
}

async function sideBySide(cases: readonly OtpCase[]): Promise<Played[]> {
  const results: Played[] = [];
  const waiting = cases.entries();
  const player = async (): Promise<void> => {
    for (const [index, each] of waiting) results[index] = await playCase(each, realTime());
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, player));
  return results;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`otp: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
