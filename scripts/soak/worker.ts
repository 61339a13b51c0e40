// A worker of the soak: it answers in every way there is, and crashes in every way there is.
import {
  actorName,
  behaviour,
  reply,
  task,
  type CallOf,
  type From,
  type Handled,
  type Protocol,
  type Self,
} from "dspex";

/** How a call is answered: at once, after a wait, later (by another message), by a task, or by asking a neighbour. */
export type Way = "now" | "wait" | "later" | "task" | "neighbour";
/** How a worker ends itself. */
export type Crash = "throw" | "reject" | "exit" | "stop" | "bad_return" | "linked_task";

interface Asked {
  readonly value: number;
  readonly way: Way;
}

interface WorkerProtocol extends Protocol {
  readonly call: CallOf<Asked, number>;
  readonly cast: Crash;
  readonly info: { readonly type: "answer"; readonly from: From; readonly value: number };
}

export function workerName(index: number): ReturnType<typeof actorName<WorkerProtocol>> {
  return actorName<WorkerProtocol>(`worker-${index}`);
}

/** What every call should be answered with. */
export function rightAnswer(value: number): number {
  return value * 2 + 1;
}

interface State {
  readonly index: number;
  readonly actors: number;
}

/** How long a worker waits for another, far longer than any answer takes. */
const PATIENCE_MS = 500;

export const soakWorker = behaviour<State, State, WorkerProtocol>({
  name: "worker",
  init: (state) => ({ state }),
  handleCall(state, { value, way }, from, self) {
    const answer = rightAnswer(value);
    switch (way) {
      case "now":
        return { reply: answer };
      case "wait":
        return self.sleep(2).then(() => ({ reply: answer }));
      case "later":
        self.sendAfter(self.ref, { type: "answer", from, value: answer }, 3);
        return undefined;
      case "task":
        return task.await(
          self,
          task.async(self, async (me) => {
            await me.sleep(1);
            return { reply: answer };
          }),
          PATIENCE_MS,
        );
      case "neighbour": {
        // Not caught: a failure takes this worker down as well, as it should.
        const next = workerName((state.index + 1) % state.actors);
        return self.call(next, { value, way: "now" }, { timeoutMs: PATIENCE_MS }).then((found) => ({ reply: found }));
      }
    }
  },
  handleInfo(_state, message) {
    if (message.type === "answer") reply(message.from, message.value);
  },
  handleCast: (_state, how, self) => crash(how, self),
});

function crash(how: Crash, self: Self<WorkerProtocol>): Handled<State> {
  switch (how) {
    case "throw":
      throw new Error("thrown in a handler");
    case "reject":
      return self.sleep(1).then(() => {
        throw new Error("thrown after a wait");
      });
    case "exit":
      return self.exit({ shutdown: "had enough" });
    case "stop":
      return { stop: "worn_out" };
    case "bad_return":
      // What the types forbid, and code without types does.
      return 42 as unknown as undefined;
    case "linked_task":
      task.async(self, () => {
        throw new Error("thrown in a linked task");
      });
      return undefined;
  }
}
