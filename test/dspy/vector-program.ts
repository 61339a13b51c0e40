// Programs as the files describe them.
import { chainOfThought } from "../../src/programs/modules/chain-of-thought.ts";
import { program } from "../../src/programs/composed-program.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import type { Program } from "../../src/programs/program.ts";
import type { Signature } from "../../src/signatures/signature-value.ts";
import { vectorSignature } from "./vector-signature.ts";
import type { VectorSignature } from "./vector-signature.ts";

export interface VectorProgram {
  readonly kind: string;
  readonly signature?: VectorSignature | string;
  readonly demos?: readonly Readonly<Record<string, unknown>>[];
  readonly steps?: readonly PipelineStep[];
}

interface PipelineStep {
  readonly name: string;
  /** Left out: the one that `use` names. */
  readonly module?: VectorProgram;
  /** The step whose module runs again. */
  readonly use?: string;
  /** `$inputs.x`, `$step.field`. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

type Values = Readonly<Record<string, unknown>>;

/** @throws Error that names a kind which is not built yet */
export function vectorProgram(data: VectorProgram): Program {
  switch (data.kind) {
    case "predict":
      return predict(signatureOf(data), { onUnparsable: "json", demos: data.demos ?? [] });
    case "chain_of_thought":
      return chainOfThought(signatureOf(data), { onUnparsable: "json", demos: data.demos ?? [] });
    case "pipeline":
      return pipeline(data.steps ?? []);
    default:
      throw new Error(`programs of the kind "${data.kind}" are not built yet`);
  }
}

function signatureOf({ signature }: VectorProgram): Signature {
  // Its fields are the file's, which the compiler does not know.
  return vectorSignature(typeof signature === "string" ? { text: signature } : (signature ?? {})) as Signature;
}

function pipeline(steps: readonly PipelineStep[]): Program {
  const parts: Record<string, Program> = Object.fromEntries(
    steps.flatMap(({ name, module }) => (module === undefined ? [] : [[name, vectorProgram(module)] as const])),
  );
  return program({
    name: "pipeline",
    parts,
    async forward(bound, inputs: object) {
      const results = new Map<string, Values>([["inputs", inputs as Values]]);
      let last: object = {};
      for (const { name, use = name, inputs: wanted } of steps) {
        const given = Object.entries(wanted).map(([field, from]) => [field, lookUp(from, results)]);
        // Each part is there by its step's name.
        last = await bound[use]!(Object.fromEntries(given) as object);
        results.set(name, last as Values);
      }
      return last;
    },
  });
}

function lookUp(from: unknown, results: ReadonlyMap<string, Values>): unknown {
  const [, step, field] = typeof from === "string" ? (/^\$(\w+)\.(\w+)$/.exec(from) ?? []) : [];
  return step === undefined || field === undefined ? from : results.get(step)?.[field];
}
