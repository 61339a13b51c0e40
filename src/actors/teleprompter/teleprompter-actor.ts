import type { Executor } from "../../programs/executor.ts";
import type { Job } from "../../teleprompters/job/job.ts";
import type { Protocol } from "../../runtime/actor-ref.ts";
import { behaviour } from "../../runtime/behaviour.ts";

export interface TeleprompterArgs {
  readonly job: Job;
  readonly executor: Executor;
}

interface TeleprompterProtocol extends Protocol {
  readonly call: never;
  readonly cast: never;
  readonly info: { readonly type: "over" } | { readonly type: "crashed"; readonly thrown: unknown };
}

/**
 * One life of a job's search. It runs beside the mailbox, and ends with this process, however that ends; its supervisor then
 * starts the next one, which goes on where this one left off.
 */
export const teleprompterBehaviour = behaviour<TeleprompterArgs, TeleprompterArgs, TeleprompterProtocol>({
  name: "teleprompter",

  init: (args) => ({ state: args, continue: "live" }),

  handleContinue({ job, executor }, _message, self) {
    const tell = (message: TeleprompterProtocol["info"]): void => {
      if (self.runtime.isAlive(self.ref)) self.runtime.info(self.ref, message);
    };
    void job.live(executor, self.signal).then(
      () => tell({ type: "over" }),
      (thrown: unknown) => tell({ type: "crashed", thrown }),
    );
    return undefined;
  },

  handleInfo(_state, message) {
    switch (message.type) {
      case "over":
        return { stop: "normal" };
      case "crashed":
        throw message.thrown;
      default:
        return undefined;
    }
  },

  inspect({ job }) {
    const { asks, notes, ...status } = job.board.status;
    return {
      kind: "teleprompter",
      job: job.name,
      ...status,
      ...(notes.length > 0 && { notes }),
      under: asks.map(({ about, done, trials }) => (trials === 0 ? about : `${about} ${done}/${trials}`)),
    };
  },
});
