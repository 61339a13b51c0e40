// What happens in a system, one line for each event as it happens. For people who watch; programs subscribe themselves.
import { styleText } from "node:util";
import {
  childExited,
  childStarted,
  childStartFailed,
  childStopped,
  formatReason,
  gaveUp,
  type ChildEvent,
  type EventKind,
  type System,
  type TreeNode,
} from "dspex";

export interface Timeline {
  /** A line of the program's own. */
  note(who: string, text: string): void;
  /** The parts of the tree below (and with) these children of the root, as they are now. */
  tree(system: Pick<System, "tree">, ...ids: readonly string[]): void;
  /** Plain lines, a little to the right. */
  print(...lines: readonly string[]): void;
  /** Listens no more. */
  end(): void;
}

type Colour = "green" | "yellow" | "red" | "blue" | "magenta" | "cyan" | "dim" | "bold";

/** The groups that every system has; they are empty here, and only in the way. */
const GROUPS = new Set(["clients", "programs", "runs"]);

/** Prints a heading at once, and then what the supervisors of this system do. Time counts from here. */
export function timeline(system: string, title: string, about: string): Timeline {
  const began = performance.now();
  const line = (above: string, who: string, what: string, detail = ""): void => {
    const time = `${(performance.now() - began).toFixed(1).padStart(7)} ms`;
    write(`${paint("dim", `${time}  ${above.padEnd(9)}`)}  ${who.padEnd(9)}  ${what}  ${detail}`.trimEnd());
  };
  const on = <Event extends ChildEvent>(kind: EventKind<Event>, show: (event: Event) => void): (() => void) =>
    kind.subscribe((event) => {
      if (event.system !== system || (event.supervisor === "root" && GROUPS.has(event.child))) return;
      show(event);
    });
  const stops = [
    on(childStarted, ({ supervisor, child, incarnation }) => {
      if (incarnation === 1) line(supervisor, child, paint("green", "● started  "));
      else line(supervisor, child, paint("yellow", "↻ restarted"), `life ${incarnation}`);
    }),
    on(childStartFailed, ({ supervisor, child, reason }) =>
      line(supervisor, child, paint("red", "✗ no start "), formatReason(reason)),
    ),
    on(childExited, ({ supervisor, child, reason, decision }) =>
      line(
        supervisor,
        child,
        paint("red", "✗ exited   "),
        `${formatReason(reason)}${decision === "done" ? ", for good" : ""}`,
      ),
    ),
    on(childStopped, ({ supervisor, child, reason }) =>
      line(supervisor, child, paint("blue", "○ stopped  "), formatReason(reason)),
    ),
    on(gaveUp, ({ supervisor, intensity, period }) =>
      line("", supervisor, paint("magenta", "‼ gave up  "), `more than ${intensity} in ${period} s`),
    ),
  ];
  const print = (...lines: readonly string[]): void => lines.forEach((each) => write(`    ${each}`.trimEnd()));
  write(`\n${paint("bold", title)}\n${about}\n`);
  return {
    print,
    note: (who, text) => line("", who, paint("cyan", `· ${text}`)),
    tree(running, ...ids) {
      const { children } = running.tree();
      for (const id of ids) {
        const node = children.find((child) => child.id === id);
        print("", ...(node === undefined ? [`${id}  is gone`] : draw(node)));
      }
      print("");
    },
    end: () => stops.forEach((stop) => stop()),
  };
}

/** A span of time as a bar. All bars of one drawing share a scale: milliseconds for each character. */
export function bar(from: number, to: number, scale: number): string {
  return " ".repeat(Math.round(from / scale)) + "█".repeat(Math.max(1, Math.round((to - from) / scale)));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Looks again and again; a fixed pause would be too short on a busy machine. Gives up after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let looks = 0; looks < 400 && !holds(); looks += 1) await pause(5);
}

/** Which life this child of the root (or, further down, of these) is in; 0 when it is not there. */
export function lifeOf(system: Pick<System, "tree">, ...path: readonly string[]): number {
  let node: TreeNode | undefined = system.tree();
  for (const id of path) node = node?.children.find((child) => child.id === id);
  return node?.incarnation ?? 0;
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In colour where the terminal takes it and wants it. */
function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { stream: process.stdout });
}

/** The same tree as `drawTree`'s, with columns. */
function draw(root: TreeNode): string[] {
  const rows = [{ left: root.id, node: root }, ...below(root, "")];
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, node }) => {
    const { info, state, type, incarnation } = node;
    const what = typeof info["strategy"] === "string" ? info["strategy"] : type;
    const life = state === "undefined" ? "down" : `life ${incarnation}`;
    return `${left.padEnd(width)}  ${paint("dim", what.padEnd(18))}  ${life === "life 1" ? life : paint("yellow", life)}`;
  });
}

function below(node: TreeNode, indent: string): { readonly left: string; readonly node: TreeNode }[] {
  return node.children.flatMap((child, index) => {
    const last = index === node.children.length - 1;
    return [
      { left: `${indent}${last ? "└── " : "├── "}${child.id}`, node: child },
      ...below(child, `${indent}${last ? "    " : "│   "}`),
    ];
  });
}
