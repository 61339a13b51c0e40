import { posix } from "node:path";
import { parseSync } from "vite";

/** One public name: how it is declared, and whether a doc comment stands in front. */
export interface ApiExport {
  readonly name: string;
  readonly declaration: string;
  readonly isValue: boolean;
  readonly documented: boolean;
}

/** Gives the text of a declaration file, or undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

interface Found {
  readonly texts: string[];
  isValue: boolean;
  documented: boolean;
}

/** Everything that `import` from this declaration file gives, by name, with re-exports followed to where they lead. */
export function publicApi(entry: string, read: ReadFile): ApiExport[] {
  const names = exportedNames(entry, read, new Map());
  return [...names]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, found]) => ({
      name,
      declaration: found.texts.join("\n"),
      isValue: found.isValue,
      documented: found.documented,
    }));
}

/** The report that is kept as a snapshot. */
export function apiReport(subpath: string, api: readonly ApiExport[]): string {
  return [`# ${subpath}`, ...api.map((item) => `## ${item.name}\n${item.declaration}`)].join("\n\n") + "\n";
}

function exportedNames(path: string, read: ReadFile, known: Map<string, Map<string, Found>>): Map<string, Found> {
  const before = known.get(path);
  if (before !== undefined) return before;
  const code = read(path);
  if (code === undefined) throw new Error(`no declarations at ${path}`);
  const { program, comments, errors } = parseSync(path, code);
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);

  const docEnds = new Set(comments.filter((comment) => comment.value.startsWith("*")).map((comment) => comment.end));
  const hasDoc = (start: number): boolean => docEnds.has(start - (/\s*$/.exec(code.slice(0, start))?.[0].length ?? 0));
  const exported = new Map<string, Found>();
  const local = new Map<string, Found>();
  // Followed only where one of them is exported again: most of a module's imports are its own business.
  const imported = new Map<string, { readonly from: string; readonly name: string }>();
  const importedName = (name: string): Found | undefined => {
    const origin = imported.get(name);
    return origin === undefined ? undefined : from(origin.from).get(origin.name);
  };

  const add = (to: Map<string, Found>, name: string, text: string, isValue: boolean, documented: boolean): void => {
    const found = to.get(name) ?? { texts: [], isValue: false, documented: false };
    found.texts.push(text);
    found.isValue ||= isValue;
    found.documented ||= documented;
    to.set(name, found);
  };
  const declare = (to: Map<string, Found>, node: Declared, start: number, end: number): void => {
    const text = withoutComments(code, start, end, comments);
    const isValue = node.type !== "TSInterfaceDeclaration" && node.type !== "TSTypeAliasDeclaration";
    for (const name of declaredNames(node)) add(to, name, text, isValue, hasDoc(start));
  };
  const from = (specifier: string): Map<string, Found> => {
    // A declaration file names its neighbour as the source does (`./x.ts`) or as the output does (`./x.js`).
    const target = posix.join(posix.dirname(path), specifier.replace(/\.(ts|js)$/, ".d.ts"));
    if (specifier.startsWith(".")) return exportedNames(target, read, known);
    throw new Error(`${path}: re-exports from the package ${specifier}, which this report does not follow`);
  };

  const later: (() => void)[] = [];
  for (const node of program.body) {
    if (node.type === "ExportNamedDeclaration" && node.declaration !== null) {
      declare(exported, node.declaration, node.start, node.end);
    } else if (node.type === "ExportNamedDeclaration") {
      const { source, specifiers } = node;
      later.push(() => {
        const origin = source === null ? local : from(source.value);
        for (const specifier of specifiers) {
          const [inner, outer] = [nameOf(specifier.local), nameOf(specifier.exported)];
          const found = origin.get(inner) ?? (source === null ? importedName(inner) : undefined);
          if (found === undefined) throw new Error(`${path}: exports ${inner}, whose declaration is not found`);
          exported.set(outer, found);
        }
      });
    } else if (node.type === "ExportAllDeclaration") {
      for (const [name, found] of from(node.source.value)) exported.set(name, found);
    } else if (node.type === "ImportDeclaration") {
      const { source, specifiers } = node;
      if (!source.value.startsWith(".")) continue;
      for (const specifier of specifiers) {
        if (specifier.type !== "ImportSpecifier") continue;
        imported.set(specifier.local.name, { from: source.value, name: nameOf(specifier.imported) });
      }
    } else {
      declare(local, node, node.start, node.end);
    }
  }
  for (const resolve of later) resolve();
  known.set(path, exported);
  return exported;
}

/** The surface is what compiles; the wording of a comment may change freely. */
function withoutComments(code: string, start: number, end: number, comments: readonly Span[]): string {
  const kept: string[] = [];
  let at = start;
  for (const comment of comments.filter((span) => span.start >= start && span.end <= end)) {
    kept.push(code.slice(at, comment.start).trimEnd());
    at = comment.end;
  }
  return kept.join("") + code.slice(at, end);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

type Declared = { readonly type: string };

function declaredNames(node: Declared): string[] {
  if ("declarations" in node && Array.isArray(node.declarations)) {
    return node.declarations.flatMap((declarator: { id?: { name?: unknown } }) =>
      typeof declarator.id?.name === "string" ? [declarator.id.name] : [],
    );
  }
  const id = "id" in node ? node.id : undefined;
  if (typeof id !== "object" || id === null || !("name" in id)) return [];
  return typeof id.name === "string" ? [id.name] : [];
}

function nameOf(node: { readonly name: string } | { readonly value: string }): string {
  return "name" in node ? node.name : node.value;
}
