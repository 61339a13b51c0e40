import type { TreeNode } from "./tree-snapshot.ts";

/** The tree as lines for a terminal. */
export function drawTree(root: TreeNode): string {
  return [line(root), ...below(root.children, "")].join("\n");
}

function below(children: readonly TreeNode[], indent: string): string[] {
  return children.flatMap((child, index) => {
    const last = index === children.length - 1;
    return [
      `${indent}${last ? "└── " : "├── "}${line(child)}`,
      ...below(child.children, `${indent}${last ? "    " : "│   "}`),
    ];
  });
}

function line({ id, type, state, restarts, mailbox, info }: TreeNode): string {
  const facts = [
    text(info["strategy"]),
    text(info["retriever"]),
    text(info["model"]),
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

/** What there is none of is not worth its room. */
function count(value: unknown, one: string, several = one): string | undefined {
  return typeof value === "number" && value > 0 ? `${value} ${value === 1 ? one : several}` : undefined;
}
