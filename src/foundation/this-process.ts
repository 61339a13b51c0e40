import crypto from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { threadId } from "node:worker_threads";
import { processStartedAt } from "./clock.ts";

/** A process, as far as another one can tell it from the rest. */
export interface ProcessFacts {
  readonly pid: number;
  /** For people. */
  readonly host: string;
  /**
   * Equal for two processes only where a pid means the same to both: one running kernel, and within it one namespace of
   * pids (containers on one machine have each their own, and several may have a pid 1). Empty where nobody knows.
   */
  readonly pids: string;
  /** When it started, where the platform tells: pids are used again. Empty where it does not. */
  readonly started: string;
  /** Unlike any other thread's that had this pid, also where nobody knows when that started. */
  readonly token: string;
}

/** The process that asks. */
export function thisProcess(): ProcessFacts {
  const { pid } = process;
  const token = `${processStartedAt()}/${threadId}`;
  return Object.freeze({ pid, host: hostname(), pids: pidSpace(), started: startOf(pid) ?? "", token });
}

/**
 * Whether that process is surely over. False also where nobody can tell: it is elsewhere, or the platform does not say
 * whether the one that has its pid now is another.
 */
export function isSurelyGone({ pid, pids, started }: ProcessFacts, by: ProcessFacts): boolean {
  if (pids === "" || pids !== by.pids || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Anything else than "no such process": it is there, and not ours to signal.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH") return true;
  }
  const now = startOf(pid);
  return started !== "" && now !== undefined && now !== started;
}

/** Whether that process surely lives. False also where nobody can tell, as of another thread of the process that asks. */
export function isSurelyThere({ pid, pids, started, token }: ProcessFacts, by: ProcessFacts): boolean {
  if (pids === "" || pids !== by.pids || started === "") return false;
  if (pid === by.pid && token !== by.token) return false;
  return startOf(pid) === started;
}

/** Whether it is the very thread that asks: then it lives, whatever else is known of it. */
export function isThisProcess(one: ProcessFacts, by: ProcessFacts): boolean {
  return one.pid === by.pid && one.pids === by.pids && one.token === by.token && one.host === by.host;
}

function pidSpace(): string {
  try {
    if (process.platform === "linux") {
      // In a namespace of its own that still sees the machine's /proc, what that says is about others.
      if (readlinkSync("/proc/self") !== String(process.pid)) return "";
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
    }
  } catch {
    // Not to be had here: nobody is surely gone then.
    return "";
  }
  // No word for a boot, and no namespaces: the machine itself, which its network cards tell from others of its name.
  const cards = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ mac }) => mac);
  const unlike = [...new Set(cards)].filter((mac) => mac !== "00:00:00:00:00:00").sort();
  return unlike.length === 0
    ? ""
    : crypto.hash("sha256", `${process.platform} ${hostname()} ${unlike.join(" ")}`, "base64url");
}

/** In the kernel's ticks; undefined where the platform does not tell. A dead one has none. */
function startOf(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A process that has ended and that nobody has asked about yet.
  return fields[0] === "Z" ? "ended" : fields[19];
}
