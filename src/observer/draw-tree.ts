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
    typeof info["strategy"] === "string" ? info["strategy"] : undefined,
    typeof info["model"] === "string" ? info["model"] : undefined,
    count(info["inFlight"], "in flight"),
    count(info["running"], "running"),
    count(info["waiting"], "waiting"),
    count(mailbox, "in mailbox"),
    restarts > 0 ? `restarted ${restarts} ${restarts === 1 ? "time" : "times"}` : undefined,
    state === "idle" || state === "busy" ? undefined : state,
  ].filter((fact) => fact !== undefined);
  return `${id}  ${type}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

function count(value: unknown, word: string): string | undefined {
  return typeof value === "number" && value > 0 ? `${value} ${word}` : undefined;
}
