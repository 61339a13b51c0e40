import type { TreeNode } from "./tree-snapshot.ts";

/** The tree as lines for a terminal. */
export function drawTree(root: TreeNode): string {
  const lines = [line(root)];
  const open = listed(root.children, "");
  // No recursion: a tree may be deeper than the stack.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, indent, last } = next;
    lines.push(`${indent}${last ? "└── " : "├── "}${line(node)}`);
    for (const child of listed(node.children, `${indent}${last ? "    " : "│   "}`)) open.push(child);
  }
  return lines.join("\n");
}

interface Drawn {
  readonly node: TreeNode;
  readonly indent: string;
  readonly last: boolean;
}

/** Last first, for a stack. */
function listed(children: readonly TreeNode[], indent: string): Drawn[] {
  return children.map((node, index) => ({ node, indent, last: index === children.length - 1 })).toReversed();
}

function line({ id, type, state, restarts, mailbox, info }: TreeNode): string {
  const facts = [
    run(info),
    asking(info),
    text(info["strategy"]),
    text(info["retriever"]),
    text(info["model"]),
    // How a job stands, where it is out of the ordinary.
    info["kind"] === "teleprompter" && info["state"] !== "running" ? text(info["state"]) : undefined,
    count(info["trial"], "trial", "trials"),
    best(info["best"]),
    count(info["lmCalls"], "LM call", "LM calls"),
    under(info["under"]),
    failed(info["inspectFailed"]),
    count(info["passages"], "passage", "passages"),
    count(info["entries"], "entry", "entries"),
    count(info["diskEntries"], "on disk"),
    count(info["hits"], "hit", "hits"),
    count(info["shared"], "shared"),
    count(info["misses"], "miss", "misses"),
    count(info["inFlight"], "in flight"),
    count(info["running"], "running"),
    count(info["waiting"], "waiting"),
    count(mailbox, "in mailbox"),
    restarts > 0 ? `restarted ${restarts} ${restarts === 1 ? "time" : "times"}` : undefined,
    state === "idle" || state === "busy" ? undefined : state,
  ].filter((fact) => fact !== undefined);
  return `${id}  ${type}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The id by which logs, telemetry and the history know a run. */
function run({ kind, run: id }: TreeNode["info"]): string | undefined {
  return kind === "run" ? text(id) : undefined;
}

/** Whom a request or a search asks, and whether it has its permit. */
function asking({ kind, client, state }: TreeNode["info"]): string | undefined {
  if ((kind !== "request" && kind !== "search") || typeof client !== "string") return undefined;
  return state === "waiting" ? `waits for ${client}` : `asks ${client}`;
}

function best(value: unknown): string | undefined {
  return typeof value === "number" ? `best ${value.toFixed(2)}` : undefined;
}

/** What a job asked for, and how far that is: the first of it. */
function under(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const rest = value.length - 1;
  return `now ${String(value[0])}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function failed(value: unknown): string | undefined {
  return typeof value === "string" ? `inspect failed: ${value}` : undefined;
}

/** What there is none of is not worth its room. */
function count(value: unknown, one: string, several = one): string | undefined {
  return typeof value === "number" && value > 0 ? `${value} ${value === 1 ? one : several}` : undefined;
}
