import { awaitMany, awaitTask, ignoreTask, shutdownTask, startTask, yieldMany, yieldTask } from "./task.ts";
import { asyncStream } from "./task-stream.ts";

/** Elixir's Task: work that an actor starts on the side. Each function takes the calling actor's `self` first. */
export const task = Object.freeze({
  /** Starts a task; `{ link: false }` is Elixir's `async_nolink`. */
  async: startTask,
  await: awaitTask,
  awaitMany,
  yield: yieldTask,
  yieldMany,
  shutdown: shutdownTask,
  ignore: ignoreTask,
  asyncStream,
});
