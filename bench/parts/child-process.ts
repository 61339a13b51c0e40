import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ChildCall {
  /** `import.meta.url` of the module that exports the function. */
  readonly module: string;
  readonly name: string;
  /** Must survive JSON. */
  readonly args?: readonly unknown[];
  /** Node's own flags, such as `--expose-gc`. */
  readonly flags?: readonly string[];
  /** Then the process is killed, and the call rejects. Default: no limit. */
  readonly timeoutMs?: number;
}

/** Calls an exported function in a fresh Node process and gives what it returned: for memory, and for a cold start. */
export async function inChild<Result>({ module, name, args = [], flags = [], timeoutMs }: ChildCall): Promise<Result> {
  const script = `
    const module = await import(${JSON.stringify(module)});
    const result = await module[${JSON.stringify(name)}](...${JSON.stringify(args)});
    process.stdout.write("\\n" + JSON.stringify(result), () => process.exit());
  `;
  const { stdout } = await run(process.execPath, [...flags, "--input-type=module", "--eval", script], {
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  // The function that was named gave this.
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Result;
}

/** Whether a call failed because its time was over. */
export function ranOutOfTime(failure: unknown): boolean {
  return typeof failure === "object" && failure !== null && "killed" in failure && failure.killed === true;
}
