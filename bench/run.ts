/** `npm run bench -- NAME… [--json]`: runs benches one after the other; without a name, lists them. */
import { globSync, readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { BenchReport, BenchRow } from "./harness.ts";

const NOT_BENCHES = new Set(["run", "harness"]);

interface BenchModule {
  run(): Promise<BenchReport>;
}

function findBenches(): Map<string, string> {
  const files = globSync("*.ts", { cwd: import.meta.dirname }).toSorted();
  const named = files.map((file): [string, string] => [basename(file, ".ts"), join(import.meta.dirname, file)]);
  return new Map(named.filter(([name]) => !NOT_BENCHES.has(name)));
}

/** The first line of the comment that a bench begins with. */
function aboutOf(path: string): string {
  return /^\/\*\*\s*(?:\*\s*)?([^\n]*?)\s*(?:\*\/)?\n/.exec(readFileSync(path, "utf8"))?.[1] ?? "";
}

function isBench(module: unknown): module is BenchModule {
  return typeof module === "object" && module !== null && "run" in module && typeof module.run === "function";
}

function digits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
}

function line(row: BenchRow, width: number): string {
  const ratio = row.ratio === undefined ? "" : `${digits(row.ratio)} ×`;
  const reach = row.reach === undefined ? "" : `${row.reach.text} ${row.reach.met ? "reached" : "MISSED"}`;
  return `  ${row.name.padEnd(width)}  ${`${digits(row.value)} ${row.unit}`.padStart(14)}  ${ratio.padStart(9)}  ${reach}`;
}

function show(name: string, report: BenchReport): void {
  const width = Math.max(...report.rows.map((row) => row.name.length), 0);
  console.log(`\n${name}: ${report.about}`);
  for (const row of report.rows) console.log(line(row, width).trimEnd());
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const benches = findBenches();
const unknown = positionals.filter((name) => !benches.has(name));

if (unknown.length > 0) {
  console.error(`No such bench: ${unknown.join(", ")}. There are: ${[...benches.keys()].join(", ") || "none"}.`);
  process.exitCode = 2;
} else if (positionals.length === 0) {
  console.log("npm run bench -- NAME… [--json]\n");
  for (const [name, path] of benches) console.log(`  ${name.padEnd(16)} ${aboutOf(path)}`.trimEnd());
} else {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
  const reports: Record<string, BenchReport> = {};
  for (const name of positionals) {
    const module: unknown = await import(pathToFileURL(benches.get(name) ?? "").href);
    if (!isBench(module)) throw new TypeError(`bench/${name}.ts exports no function named run`);
    const report = await module.run();
    reports[name] = report;
    if (values.json !== true) show(name, report);
  }
  if (values.json === true) console.log(JSON.stringify({ machine, reports }, null, 2));
  else console.log(`\nNode ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);
}
