// `saved/`: loads X.json into the program of X.expect.json and runs it.
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readDspyState } from "../../src/programs/saved/dspy-state.ts";
import { forward } from "../../src/programs/bare/forward.ts";
import { loadProgram } from "../../src/programs/saved/program-file.ts";
import { SavedProgramError } from "../../src/programs/saved/saved-program-error.ts";
import { scripted } from "../../src/testing/scripted.ts";
import { inDspysWords } from "./play-format.ts";
import { describeSignature } from "./play-signature.ts";
import { vectorAdapter } from "./vector-adapters.ts";
import { FAILED, plain } from "./vector-case.ts";
import type { Outcome, VectorCase } from "./vector-case.ts";
import { vectorProgram } from "./vector-program.ts";
import type { VectorProgram } from "./vector-program.ts";

export interface SavedCase extends VectorCase {
  readonly file?: string;
  readonly program: VectorProgram;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly script?: readonly string[];
  readonly adapter?: string;
}

/** @param expectFile the path of X.expect.json; the saved file is beside it */
export async function playSaved(played: SavedCase, expectFile: string): Promise<Outcome> {
  const path = join(dirname(expectFile), played.file ?? basename(expectFile).replace(".expect.json", ".json"));
  const student = vectorProgram(played.program);
  try {
    const loaded = await loadProgram(path, student);
    const states = readDspyState(JSON.parse(await readFile(path, "utf8")) as object, student);
    const predictors = Object.entries(loaded.predictors()).map(([place, { signature, demos }]) => {
      const { _dspy_lm_class: _, ...lm } = states[place]?.lm ?? {};
      return {
        signature: describeSignature(signature),
        demos: demos.map((demo) => ({ ...demo })),
        lm: states[place]?.lm === undefined ? null : lm,
      };
    });
    const model = scripted(played.script ?? []);
    const prediction = await forward(loaded, played.inputs ?? {}, {
      clients: { lm: model },
      adapter: vectorAdapter(played.adapter ?? "chat"),
    });
    const messages = model.requests.map((request) =>
      request.messages.map(({ role, content }) => ({ role, content: inDspysWords(content) })),
    );
    return { predictors, messages, prediction: { fields: plain({ ...prediction }) } };
  } catch (thrown) {
    if (thrown instanceof SavedProgramError) return { ...FAILED, message: thrown.message };
    throw thrown;
  }
}
