import { posix } from "node:path";
import {
  FOLDERS,
  MAX_LINES,
  MODULE_LOADERS,
  PACKAGES,
  PURE_FOLDERS,
  SECRET_SOURCES,
  TOP_FILES,
  TOP_FILES_OF,
} from "./layers.ts";
import { readSource } from "./read-source.ts";

export interface LayerReport {
  /** One line each: the file, and what is wrong there. */
  readonly violations: readonly string[];
  /** Imports that were looked at. A check that has seen none has checked nothing. */
  readonly edges: number;
}

/** Path within `src` (`lm/openai/openai.ts`) → the text of the file. */
export type SourceFiles = ReadonlyMap<string, string>;

/** Holds a tree of sources against the rules in `layers.ts`. Pure: the files are given. */
export function checkLayers(files: SourceFiles): LayerReport {
  const violations: string[] = [];
  const importersOf = new Map<string, string[]>();
  let edges = 0;

  for (const [path, code] of files) {
    const wrong = (what: string): void => void violations.push(`${path}: ${what}`);
    const facts = readSource(path, code);
    for (const error of facts.errors) wrong(`cannot be parsed: ${error}`);
    if (facts.unreadableImports > 0 && !MODULE_LOADERS.includes(path))
      wrong("imports a module whose name is no plain string");
    if (facts.lines > MAX_LINES) wrong(`has ${facts.lines} lines; the most is ${MAX_LINES}`);
    for (const problem of namingProblems(path)) wrong(problem);
    for (const problem of secretProblems(path, facts.uses, facts.imports)) wrong(problem);
    if (usesConsole(facts.uses)) wrong("uses console; emit telemetry, a logger listens");

    for (const specifier of facts.imports) {
      edges += 1;
      if (specifier.startsWith("node:")) {
        if (PURE_FOLDERS.includes(folderOf(path))) wrong(`imports ${specifier}; ${folderOf(path)}/ is pure`);
      } else if (specifier.startsWith(".")) {
        const target = posix.join(posix.dirname(path), specifier);
        if (target.startsWith("..")) wrong(`imports ${specifier}, which leaves src`);
        else if (!files.has(target)) wrong(`imports ${specifier}, which is not a file of src`);
        else {
          const problem = edgeProblem(path, target);
          if (problem !== undefined) wrong(problem);
        }
      } else {
        const name = packageOf(specifier);
        importersOf.set(name, [...(importersOf.get(name) ?? []), path]);
        const problem = packageProblem(path, name);
        if (problem !== undefined) wrong(problem);
      }
    }
  }

  for (const [name, importers] of importersOf) {
    const distinct = [...new Set(importers)];
    if (PACKAGES[name]?.oneImporter && distinct.length > 1) {
      violations.push(`${distinct.join(", ")}: all import ${name}; one file may`);
    }
  }
  if (edges === 0) violations.push("src: no import was read, so nothing was checked");
  return { violations, edges };
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function edgeProblem(from: string, to: string): string | undefined {
  const [fromFolder, toFolder] = [folderOf(from), folderOf(to)];
  if (fromFolder === "") {
    const rule = TOP_FILES[from];
    // A file that is not declared is reported once, by its name.
    if (rule === undefined) return undefined;
    const allowed = toFolder === "" ? rule.files.includes(to) : rule.folders.includes(toFolder);
    return allowed ? undefined : `imports ${to}, which ${from} may not`;
  }
  if (toFolder === "" && TOP_FILES_OF[fromFolder]?.includes(to)) return undefined;
  if (toFolder === "") return `imports ${to}; files on top of src are for users`;
  if (fromFolder === toFolder || FOLDERS[fromFolder] === undefined) return undefined;
  return FOLDERS[fromFolder].includes(toFolder)
    ? undefined
    : `imports ${to}; ${fromFolder}/ may not import ${toFolder}/`;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function packageProblem(path: string, name: string): string | undefined {
  const rule = PACKAGES[name];
  if (rule === undefined) return `imports the package ${name}, which is not declared`;
  if (rule.within.some((beginning) => path.startsWith(beginning))) return undefined;
  return `imports the package ${name}, which belongs to ${rule.within.join(", ")}`;
}

function namingProblems(path: string): string[] {
  const problems: string[] = [];
  const folder = folderOf(path);
  const name = posix.basename(path);
  if (folder === "" ? TOP_FILES[path] === undefined : FOLDERS[folder] === undefined) {
    problems.push(folder === "" ? "is not declared as a file on top of src" : `folder ${folder}/ is not declared`);
  }
  if (!path.split("/").every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.ts)?$/.test(part)))
    problems.push("is not kebab-case");
  if (["utils.ts", "types.ts", "common.ts", "helpers.ts"].includes(name)) problems.push("is named for no idea");
  if (folder !== "" && name === "index.ts") problems.push("is an inner barrel");
  return problems;
}

function secretProblems(path: string, uses: ReadonlySet<string>, imports: readonly string[]): string[] {
  const problems: string[] = [];
  for (const source of SECRET_SOURCES) {
    if (source.files.includes(path)) continue;
    const owners = source.files.join(", ");
    for (const use of source.uses) if (uses.has(use)) problems.push(`uses ${use}, which belongs to ${owners}`);
    for (const module of source.modules) {
      if (imports.includes(module)) problems.push(`imports ${module}, which belongs to ${owners}`);
    }
  }
  return problems;
}

function usesConsole(uses: ReadonlySet<string>): boolean {
  return [...uses].some((use) => use === "console" || use.startsWith("console."));
}
