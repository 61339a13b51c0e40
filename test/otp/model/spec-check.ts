// What OTP refuses before anything starts, from the semantics text.
import type { CaseNode } from "../supervision-case.ts";

const STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one", "dynamic"];

/** Whether its children are alike and keep no order: `simple_one_for_one` and `dynamic`. */
export function isPool(node: CaseNode): boolean {
  return node.strategy === "simple_one_for_one" || node.strategy === "dynamic";
}

export function isSupervisor(node: CaseNode): boolean {
  return node.type === "supervisor" || node.strategy !== undefined;
}

/** The reason for which a supervisor with these options and children does not start. */
export function supervisorError(node: CaseNode): unknown {
  const wrongOption = optionError(node);
  if (wrongOption !== undefined) return { supervisor_data: wrongOption };
  const ids = new Set<string>();
  for (const child of node.children ?? []) {
    const wrong = ids.has(child.id) ? "duplicate_child_name" : specError(child, node.auto_shutdown);
    if (wrong !== undefined) return { start_spec: wrong };
    ids.add(child.id);
  }
  return undefined;
}

function optionError({ strategy, intensity, period, auto_shutdown }: CaseNode): string | undefined {
  if (strategy !== undefined && !STRATEGIES.includes(strategy)) return "invalid_strategy";
  if (intensity !== undefined && !(Number.isInteger(intensity) && intensity >= 0)) return "invalid_intensity";
  if (period !== undefined && !(Number.isInteger(period) && period > 0)) return "invalid_period";
  if (auto_shutdown !== undefined && !["never", "any_significant", "all_significant"].includes(auto_shutdown))
    return "invalid_auto_shutdown";
  return undefined;
}

/** What is wrong with one child under a supervisor with this automatic shutdown. */
export function specError(child: CaseNode, autoShutdown = "never"): string | undefined {
  const { type = "worker", restart = "permanent", shutdown = 5000, significant = false } = child;
  if (!["permanent", "transient", "temporary"].includes(restart)) return "invalid_restart_type";
  if (!(shutdown === "brutal_kill" || shutdown === "infinity" || (Number.isInteger(shutdown) && shutdown >= 0)))
    return "invalid_shutdown";
  if (!["worker", "supervisor"].includes(type)) return "invalid_child_type";
  if (significant && (autoShutdown === "never" || restart === "permanent")) return "bad_combination";
  return undefined;
}
