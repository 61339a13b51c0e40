import { LmError, UsageError } from "dspex";
import { answer } from "../../src/cli/answer/answer.ts";
import { startStage } from "../../src/cli/answer/stage.ts";
import type { Chapter } from "../chapter.ts";

/** The show of `npm start`, on the embedded model whatever keys are set. */
export const crash: Chapter = {
  title: "a question, and one whose model is killed under it",
  run: ({ lm, ...world }) =>
    answer({ kind: "show", json: false, verbose: false }, world, {
      choose: async () => ({ name: "llama", lm, line: `model: ${lm.model}, in this process` }),
      // What `npm start` would take for leave to go on with what is no model.
      start: (choice) =>
        startStage(choice, world.signal).catch((thrown: unknown) => {
          if (!(thrown instanceof UsageError)) throw thrown;
          throw new LmError(thrown.message, { code: "client_down", provider: lm.provider, cause: thrown });
        }),
    }),
};
