import { seededRandom } from "../foundation/random.ts";
import { applyFault, faultPlan } from "./fault-plan.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { errorReply } from "./openai-reply.ts";
import type { ChatRequestBody, ServerReply } from "./openai-reply.ts";
import type { OpenAiServerOptions } from "./server-options.ts";
import type { Tally } from "./server-tally.ts";

/** Chooses the reply to a request that has been accepted, and how long it takes to begin. */
export type Replier = (body: ChatRequestBody) => Promise<{
  readonly reply: ServerReply;
  readonly index: number;
  readonly latencyMs: number;
}>;

export function replier(options: OpenAiServerOptions, tally: Tally): Replier {
  const { replies, answer, latencyMs = 0, jitterMs = 0 } = options;
  const plan: FaultPlan | undefined = options.faults && faultPlan(options.faults);
  // Apart from the plan's own draws: jitter changes no fault.
  const jitter = seededRandom((options.faults?.seed ?? 1) + 1);
  let count = 0;
  return async (body) => {
    const index = count;
    count += 1;
    const fault = plan?.next();
    const latency = latencyMs + (jitterMs > 0 ? jitter.next() * jitterMs : 0);
    const given = replies?.length ?? 0;
    const none = errorReply(500, `request ${index + 1} came, but only ${given} replies were given`);
    const reply = answer === undefined ? (replies?.[index] ?? none) : await answer(body, index);
    if (plan === undefined || fault === undefined) return { reply, index, latencyMs: latency };
    tally.befell(fault);
    return { reply: applyFault(fault, reply, plan), index, latencyMs: latency };
  };
}
