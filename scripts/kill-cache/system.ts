// The system that is killed, and the one that looks at what is left.
import { client, LmError, startSystem, type System } from "dspex";
import { scripted, type ScriptedAnswer } from "dspex/testing";
import { answerTo, indexOf } from "./questions.ts";
import { textOf } from "../../src/lm/message.ts";

/** So little room that segments are dropped and carried over all the time. */
const DISK_BYTES = 6_000_000;

/** Asked by whoever writes. */
export const answering: ScriptedAnswer = (request) => ({
  answer: answerTo(indexOf(textOf(request.messages.at(-1)?.content ?? ""))),
});

/** Asked by whoever looks: what is not on disk is not to be got anywhere else, and nothing is written. */
export const silent: ScriptedAnswer = () => {
  throw new LmError("nobody answers here", { code: "not_found" });
};

export function cachedSystem(dir: string, answer: ScriptedAnswer): Promise<System> {
  return startSystem({
    children: [client({ name: "main", lm: scripted(answer, { identity: "known answers" }) })],
    logger: false,
    // Hardly any memory, so that answers come from disk.
    cache: { dir, diskBytes: DISK_BYTES, memoryBytes: 100_000 },
  });
}
