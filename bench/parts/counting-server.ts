// A server that notes when each request comes and what it costs, as a provider would for its limits.
import { openaiServer } from "../../src/testing/openai-server.ts";
import { estimateTokens } from "../../src/testing/scripted-reply.ts";
import { answerTo } from "./question.ts";

const arrivals: { at: number; tokens: number }[] = [];
const server = await openaiServer({
  record: false,
  latencyMs: 50,
  jitterMs: 10,
  answer: ({ messages }) => {
    const answer = answerTo(messages.map(({ content }) => String(content)).join("\n"));
    const prompt = messages.reduce((sum, { content }) => sum + estimateTokens(String(content)), 0);
    arrivals.push({ at: performance.now(), tokens: prompt + estimateTokens(answer) });
    return answer;
  },
});
process.on("message", () => process.send?.(arrivals.splice(0)));
// Nobody is left to measure anything.
process.on("disconnect", () => process.exit());
process.send?.({ baseURL: server.baseURL });
