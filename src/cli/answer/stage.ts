import {
  backoff,
  client,
  drawTree,
  predict,
  signature,
  startSystem,
  type LmSpec,
  type System,
  type TreeNode,
} from "../../index.ts";
import type { Choice } from "./choose-model.ts";
import { listen } from "./listen.ts";
import type { Answered, Stage } from "./answer.ts";

const ContextQA = signature("context, question -> answer", {
  name: "ContextQA",
  instructions: "Answers the question with a fact from the context.",
});
const PlainQA = signature("question -> answer", { name: "PlainQA", instructions: "Answers the question." });

/** Somebody waits in front of the screen: a server that is not there is given up within seconds, not after a minute. */
const RETRY = backoff({ maxAttempts: 4, baseMs: 400, maxMs: 3_000, deadlineMs: 15_000 });
/** A small model reads for a minute or more, on one busy core, a context that fills its window. */
const TIMEOUT_MS: Readonly<Record<Choice["name"], number>> = { openai: 60_000, llama: 180_000, reader: 10_000 };

/** A real system with one client in it. Aborting the signal cancels the question that is asked. */
export async function startStage({ name, lm }: Choice, signal: AbortSignal): Promise<Stage> {
  let tellInFlight = (): void => undefined;
  const system = await startSystem({
    name: "answer",
    children: [client({ name, lm: telling(lm, () => tellInFlight()) })],
    retry: RETRY,
    // Events are told in words of their own.
    logger: false,
  });

  const answer = async (question: string, context: string | undefined, asked: string): Promise<Answered> => {
    const options = { timeoutMs: TIMEOUT_MS[name], signal };
    const { answer: text, $meta } =
      context === undefined
        ? await system.forward(predict(PlainQA, { client: asked }), { question }, options)
        : await system.forward(predict(ContextQA, { client: asked }), { context, question }, options);
    await settled(system);
    return { answer: text, model: $meta.model, usage: $meta.usage, ms: $meta.ms };
  };

  return Object.freeze({
    ask(question: string, context: string | undefined, asked: string = name) {
      const inFlight = new Promise<void>((resolve) => {
        tellInFlight = resolve;
      });
      return { inFlight, answered: answer(question, context, asked) };
    },
    drawTree: () => drawTree(system.tree()),
    crashClient() {
      const ref = system.runtime.whereis(`client/${name}`);
      if (ref !== undefined) system.runtime.exitSignal(ref, "kill");
    },
    restarts: () => clientNode(system, name)?.restarts ?? 0,
    listen: (tell, { all }) => listen(system.id, tell, all),
    stop: () => system.stop(),
  } satisfies Stage);
}

/** The answer is there a moment before the run that brought it is gone from the tree. */
async function settled({ runtime }: System): Promise<void> {
  const moving = (): boolean => runtime.activity().scheduled + runtime.activity().busy > 0;
  for (let turn = 0; turn < 20 && moving(); turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The same model, which also tells when it has been given a request: then there is one in flight, for certain. */
function telling(spec: LmSpec, given: () => void): LmSpec {
  return Object.freeze({
    ...spec,
    async open(options) {
      const lm = await spec.open(options);
      return Object.freeze({
        ...lm,
        generate(request, callOptions) {
          const answered = lm.generate(request, callOptions);
          given();
          return answered;
        },
      } satisfies typeof lm);
    },
  } satisfies LmSpec);
}

function clientNode(system: System, name: string): TreeNode | undefined {
  const clients = system.tree().children.find(({ id }) => id === "clients");
  return clients?.children.find(({ id }) => id === name);
}
