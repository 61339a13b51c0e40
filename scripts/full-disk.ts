/**
 * `npm run full-disk [-- NAME… --sizes 24,48,96]`: teleprompters' jobs on a disk that is full on the way: a tmpfs of so many KiB,
 * mounted for it (Linux, as root). The job has to stop as `write_failed`, and with room made it has to go on from what it kept: to
 * the result of a job that always had room, asking again no more than what was in flight. Exit code 1 where it did not.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { compile, DspexError, openai } from "dspex";
import { openaiServer } from "dspex/testing";
import { OPTIONS, replyTo, student, SUBJECTS, trainerAt, trainset, valset } from "./crash-matrix/subjects.ts";
import { callsOnRecord, told } from "./crash-matrix/told.ts";

const run = promisify(execFile);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { sizes: { type: "string", default: "24,48,96" } },
});
let requests = 0;
const server = await openaiServer({
  record: false,
  latencyMs: 5,
  jitterMs: 15,
  fineTuning: {},
  answer({ messages }) {
    requests += 1;
    return replyTo(messages);
  },
});
const root = await mkdtemp(join(tmpdir(), "dspex-full-"));
let wrong = 0;

/** What a job in this folder came to, and how much it asked for. */
async function live(name: string, folder: string): Promise<{ readonly came: string; readonly asked: number }> {
  const make = SUBJECTS[name];
  if (make === undefined) throw new Error(`no teleprompter ${name}; there are ${Object.keys(SUBJECTS).join(", ")}`);
  const before = requests;
  const main = openai("test-model", { baseURL: server.baseURL, apiKey: "none" });
  const handle = compile(make(trainerAt(server.baseURL)), student, {
    name,
    trainset,
    valset,
    folder,
    clients: { main },
    ...OPTIONS,
  });
  const best = await handle.result();
  const steps = [];
  for await (const step of handle.steps()) steps.push(step);
  return { came: await told(best, steps, folder), asked: requests - before };
}

async function onSmallDisk(name: string, kib: number, whole: string): Promise<void> {
  const disk = await mkdtemp(join(root, "disk-"));
  await run("mount", ["-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "tmpfs", disk]);
  const folder = join(disk, "job");
  try {
    const before = requests;
    const failure: unknown = await live(name, folder).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (failure === undefined) return console.log(`${name}, ${kib} KiB: there was room for all of it`);
    const said = failure instanceof DspexError ? failure.code : String(failure);
    const kept = await callsOnRecord(folder);
    const lost = requests - before - kept;
    await run("mount", ["-o", `remount,size=64m`, disk]);
    const { came, asked } = await live(name, folder);
    const holds = said === "write_failed" && came === whole && lost <= 2 * (OPTIONS.maxConcurrency ?? 0);
    console.log(
      `${name}, ${kib} KiB: stopped as ${said} with ${kept} calls on record, ${lost} lost in flight; with room, ${asked} ` +
        `calls later: ${came === whole ? "the same result, candidates and journal" : "ANOTHER RESULT"}${holds ? "" : " WRONG"}`,
    );
    if (!holds) wrong += 1;
  } finally {
    await run("umount", [disk]);
  }
}

try {
  for (const name of positionals.length > 0 ? positionals : Object.keys(SUBJECTS)) {
    const { came } = await live(name, join(root, `whole-${name}`));
    for (const size of values.sizes.split(",")) await onSmallDisk(name, Number(size), came);
  }
} finally {
  await server.close();
  await rm(root, { recursive: true, force: true });
}
process.exitCode = wrong === 0 ? 0 : 1;
