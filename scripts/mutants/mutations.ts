// Rules of OTP's supervision, each with a change to the sources that breaks it.

export interface Mutation {
  readonly rule: string;
  /** Under src/supervisors. */
  readonly file: string;
  /** Stands in the file once. */
  readonly find: string;
  readonly replace: string;
}

const STRATEGY = "restart-strategy.ts";
const SUPERVISOR = "supervisor.ts";
const DYNAMIC = "dynamic-supervisor.ts";

/** The decisions. */
const decisions: readonly Mutation[] = [
  {
    rule: "permanent children are restarted after a clean exit too",
    file: STRATEGY,
    find: 'case "permanent":\n      return "restart";',
    replace: 'case "permanent":\n      return isClean(reason) ? "done" : "restart";',
  },
  {
    rule: "transient children are not restarted after a clean exit",
    file: STRATEGY,
    find: 'return isClean(reason) ? "done" : "restart";',
    replace: 'return "restart";',
  },
  {
    rule: "transient children are restarted after an abnormal exit",
    file: STRATEGY,
    find: 'return isClean(reason) ? "done" : "restart";',
    replace: 'return "done";',
  },
  {
    rule: "temporary children are never restarted",
    file: STRATEGY,
    find: 'case "temporary":\n      return "done";',
    replace: 'case "temporary":\n      return isClean(reason) ? "done" : "restart";',
  },
  {
    rule: "one_for_one restarts the failed child alone",
    file: STRATEGY,
    find: 'return "itself";',
    replace: 'return "all";',
  },
  {
    rule: "one_for_all restarts all children",
    file: STRATEGY,
    find: 'return "all";',
    replace: 'return "from_itself";',
  },
  {
    rule: "rest_for_one leaves the children before the failed one alone",
    file: STRATEGY,
    find: 'return "from_itself";',
    replace: 'return "all";',
  },
  {
    rule: "rest_for_one restarts the children after the failed one",
    file: STRATEGY,
    find: 'return "from_itself";',
    replace: 'return "itself";',
  },
  {
    rule: "temporary children leave no entry",
    file: STRATEGY,
    find: 'return restart !== "temporary";',
    replace: "return true || restart;",
  },
  {
    rule: "transient children leave an entry",
    file: STRATEGY,
    find: 'return restart !== "temporary";',
    replace: 'return restart === "permanent";',
  },
  {
    rule: "as many restarts as `intensity` are allowed",
    file: STRATEGY,
    find: "recent.length <= intensity",
    replace: "recent.length < intensity",
  },
  {
    rule: "no more restarts than `intensity` are allowed",
    file: STRATEGY,
    find: "recent.length <= intensity",
    replace: "recent.length <= intensity + 1",
  },
  {
    rule: "charges older than the period are forgotten",
    file: STRATEGY,
    find: "period * 1_000",
    replace: "period * Infinity",
  },
  {
    rule: "charges count for a whole period, in seconds",
    file: STRATEGY,
    find: "period * 1_000",
    replace: "period",
  },
  {
    rule: "the period is the supervisor's own",
    file: STRATEGY,
    find: "period * 1_000",
    replace: "5_000 + 0 * period",
  },
  {
    rule: "any_significant does not wait for the others",
    file: STRATEGY,
    find: 'case "any_significant":\n      return true;',
    replace: 'case "any_significant":\n      return !othersActive;',
  },
  {
    rule: "all_significant waits for the others",
    file: STRATEGY,
    find: "return !othersActive;",
    replace: "return true || othersActive;",
  },
];

/** The places where they are carried out. */
const effects: readonly Mutation[] = [
  {
    rule: "a charge stays charged",
    file: SUPERVISOR,
    find: "state.charges = charged.history;",
    replace: "",
  },
  {
    rule: "a supervisor over its intensity gives up",
    file: SUPERVISOR,
    find: "if (!charged.allowed) {",
    replace: "if (!charged.allowed && flags.intensity === 0) {",
  },
  {
    rule: "a supervisor that gives up ends with `shutdown`",
    file: SUPERVISOR,
    find: 'drop(state, entry);\n    return { stop: "shutdown" };',
    replace: 'drop(state, entry);\n    return { stop: "normal" };',
  },
  {
    rule: "children stop last to first",
    file: SUPERVISOR,
    find: ".slice(from).toReversed()",
    replace: ".slice(from)",
  },
  {
    rule: "each child is gone before the next is asked to stop",
    file: SUPERVISOR,
    find: "for (const entry of state.children.list().slice(from).toReversed()) await stopOne(state, self, entry);",
    replace:
      "await Promise.all(state.children.list().slice(from).toReversed().map((entry) => stopOne(state, self, entry)));",
  },
  {
    rule: "a group restart stops the living first",
    file: SUPERVISOR,
    find: "await stopAll(state, self, from);\n    failed",
    replace: "failed",
  },
  {
    rule: "a group restart drops temporary children",
    file: SUPERVISOR,
    find: "entry.spec.shutdown));\n  drop(state, entry);",
    replace: 'entry.spec.shutdown));\n  state.children.down(entry, "undefined");',
  },
  {
    rule: "a group restart starts ended and terminated children too",
    file: SUPERVISOR,
    find: "await stopAll(state, self, from);\n    failed",
    replace:
      "for (const each of children.list().slice(from))\n      if (each !== entry && each.ref === undefined) children.remove(each);\n    await stopAll(state, self, from);\n    failed",
  },
  {
    rule: "a failed restart is tried again",
    file: SUPERVISOR,
    find: 'self.cast(self.ref, { type: "try_again_restart", id: failed.entry.spec.id });',
    replace: "",
  },
  {
    rule: "what is tried again is the child whose start failed",
    file: SUPERVISOR,
    find: 'children.down(failed.entry, "restarting");\n  self.cast(self.ref, { type: "try_again_restart", id: failed.entry.spec.id });',
    replace:
      'children.down(entry, "restarting");\n  self.cast(self.ref, { type: "try_again_restart", id: entry.spec.id });',
  },
  {
    rule: "a retry is dropped when its child is no longer restarting",
    file: SUPERVISOR,
    find: 'if (entry?.state === "restarting") return restart(state, self, entry);',
    replace: "if (entry !== undefined) return restart(state, self, entry);",
  },
  {
    rule: "only significant children count for the automatic shutdown",
    file: SUPERVISOR,
    find: "if (!entry.spec.significant) return undefined;",
    replace: "",
  },
  {
    rule: "significant children that wait for a restart hold up all_significant",
    file: SUPERVISOR,
    find: 'other.spec.significant && other.state !== "undefined"',
    replace: 'other.spec.significant && other.state === "running"',
  },
  {
    rule: "insignificant children do not hold up all_significant",
    file: SUPERVISOR,
    find: 'other.spec.significant && other.state !== "undefined"',
    replace: 'other.state !== "undefined"',
  },
  {
    rule: "restart_child is not charged",
    file: SUPERVISOR,
    find: 'if (entry.state !== "undefined") return { status: "error", reason: entry.state };\n  const failed',
    replace:
      'if (entry.state !== "undefined") return { status: "error", reason: entry.state };\n  state.charges = charge(state.charges, self.runtime.clock.now(), state.flags).history;\n  const failed',
  },
  {
    rule: "a failed start_child leaves no entry",
    file: SUPERVISOR,
    find: 'state.children.remove(entry);\n    return { status: "error", reason: failed.reason };',
    replace: 'return { status: "error", reason: failed.reason };',
  },
  {
    rule: "a failed boot stops the children that had started",
    file: SUPERVISOR,
    find: "await stopAll(state, self, 0);\n    return { stop: { shutdown",
    replace: "return { stop: { shutdown",
  },
  {
    rule: "brutal_kill does not ask",
    file: "shutdown.ts",
    find: 'if (shutdown !== "brutal_kill") {',
    replace: 'if (shutdown !== "brutal_kill" || self.isAlive(child)) {',
  },
  {
    rule: "a child that is too slow to stop is killed",
    file: "shutdown.ts",
    find: 'shutdown === "infinity" ? Infinity : shutdown',
    replace: 'shutdown === "infinity" ? Infinity : shutdown * 1_000',
  },
  {
    rule: "a pool over its intensity gives up",
    file: DYNAMIC,
    find: "if (!charged.allowed) {",
    replace: "if (!charged.allowed && state.children.size === 0) {",
  },
  {
    rule: "an ended child of a pool leaves no entry",
    file: DYNAMIC,
    find: 'if (decision === "restart") return restart(state, self, message.from, entry);\n    state.children.delete(message.from);',
    replace:
      'if (decision === "restart") return restart(state, self, message.from, entry);\n    entry.state = "undefined";',
  },
  {
    rule: "a pool's child whose restart is ignored is dropped",
    file: DYNAMIC,
    find: 'case "ignore":\n      state.children.delete(last);',
    replace: 'case "ignore":\n      entry.state = "undefined";',
  },
  {
    rule: "a pool tries a failed restart again",
    file: DYNAMIC,
    find: 'self.cast(self.ref, { type: "try_again_dynamic", child: last });',
    replace: "",
  },
  {
    rule: "a pool stops its children all at once",
    file: DYNAMIC,
    find: "await Promise.all([...state.children.values()].map((entry) => stopOne(self, entry)));",
    replace: "for (const entry of state.children.values()) await stopOne(self, entry);",
  },
  {
    rule: "max_children holds",
    file: DYNAMIC,
    find: "state.children.size >= state.maxChildren",
    replace: "state.children.size > state.maxChildren",
  },
  {
    rule: "simple_one_for_one terminates the dead with `ok`",
    file: DYNAMIC,
    find: "const ended = state.template !== undefined &&",
    replace: "const ended = state.template === undefined &&",
  },
];

export const mutations: readonly Mutation[] = [...decisions, ...effects];
