// npm run dspy -- [FILE_OR_FOLDER…] [--only TEXT]
// Plays what was recorded of DSPy against this library and tells where it differs.
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type CaseFile, casesOf, filesIn, KINDS, playCase, type Played } from "../test/dspy/play-file.ts";

const USAGE = `Usage: npm run dspy -- [FILE_OR_FOLDER…] [--only TEXT]

Plays recorded cases of DSPy (test/fixtures/dspy by default) against this library. A file's name without ".json" and
"-bugs" says what its cases are: ${KINDS.join(", ")}.
In "-bugs" files, a case passes when the library does what "better" says: by the case's "ours" where it has one, else
by what "better" asks for in words; what words leave open passes when DSPy's mistake is not repeated, and is counted.
  --only TEXT   only cases whose name holds the text
`;

const DEFAULT = join(import.meta.dirname, "..", "test", "fixtures", "dspy");

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: "string", default: "" }, help: { type: "boolean", default: false } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const files = (await Promise.all((positionals.length > 0 ? positionals : [DEFAULT]).map(filesIn))).flat();
  let passed = 0;
  let failed = 0;
  for (const [title, group] of grouped(files)) {
    const results: Played[] = [];
    for (const file of group) {
      try {
        const cases = (await casesOf(file)).filter(({ name }) => values.only === "" || name.includes(values.only));
        for (const each of cases) results.push(await playCase(each, file));
      } catch (thrown) {
        // One file that cannot be read does not keep the others from being played.
        const difference = thrown instanceof Error ? thrown.message : String(thrown);
        results.push({ name: basename(file.path), rule: "a file of cases", difference, decided: true });
      }
    }
    const played = results.filter(({ notBuilt }) => notBuilt === undefined);
    const left = leftOut(results);
    const wrong = played.filter(({ difference }) => difference !== undefined);
    for (const { name, rule, difference } of wrong)
      process.stdout.write(`FAILED ${name}\n  ${rule}\n  ${difference ?? ""}\n`);
    const open = played.filter(({ difference, decided }) => difference === undefined && !decided).length;
    const note = open === 0 ? "" : ` (${open} only not DSPy's mistake: "better" leaves open what is right)`;
    process.stdout.write(`${title}: ${played.length - wrong.length} of ${played.length}${note}${left}\n`);
    passed += played.length - wrong.length;
    failed += wrong.length;
  }
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/** Cases that were not played, by what they would take. */
function leftOut(results: readonly Played[]): string {
  const counts = new Map<string, number>();
  for (const { notBuilt } of results) if (notBuilt !== undefined) counts.set(notBuilt, (counts.get(notBuilt) ?? 0) + 1);
  if (counts.size === 0) return "";
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const each = [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
  return `; not played, as they are not built yet: ${all} (${each})`;
}

/** One line for a file, and for a folder of saved programs. */
function grouped(files: readonly CaseFile[]): Map<string, CaseFile[]> {
  const groups = new Map<string, CaseFile[]>();
  for (const file of files) {
    const title = file.kind === "saved" ? `${basename(dirname(file.path))}/` : basename(file.path);
    groups.set(title, [...(groups.get(title) ?? []), file]);
  }
  return groups;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`dspy: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
}
