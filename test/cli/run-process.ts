import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** For standard input; default none. */
  readonly input?: string;
  /** Default: the repository. */
  readonly cwd?: string;
  /** Given the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

const ROOT = join(import.meta.dirname, "..", "..");
/** Where compiled code is kept: it halves the time that a process takes to start. The suite's settings say where. */
export const COMPILED: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value = ""]) => (name === "NODE_COMPILE_CACHE" ? [[name, value]] : [])),
);

/** Runs a program of the repository as `npm start` and `npm run example` do, with none of the caller's keys and settings. */
export function runProgram(file: string, args: readonly string[], options: ProcessOptions = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:OPENAI_|DSPEX_|HF_|NODE_|VITEST)/.test(name));
  const child = spawn(process.execPath, ["--conditions=dspex-dev", file, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...Object.fromEntries(inherited), ...COMPILED, ...options.env },
  });
  options.onStart?.(child);
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

/** An address on this machine where nobody listens. */
export async function nobodyAt(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
