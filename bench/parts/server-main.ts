import { errorReply } from "../../src/testing/openai-reply.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import type { ServerSettings } from "./server-process.ts";
import { isReflection, luckyAnswer } from "./lucky-answers.ts";
import { answerTo } from "./question.ts";

// The parent process wrote it.
const {
  wall,
  lucky = false,
  fickle = false,
  reflectMs = 0,
  ...settings
} = JSON.parse(process.argv[2] ?? "{}") as ServerSettings;
let openAt: number | undefined;
const server = await openaiServer({
  ...settings,
  record: false,
  // All of the conversation: where an answer could not be read, the last message is about that.
  async answer({ messages, temperature }, index) {
    if (wall !== undefined) {
      openAt ??= performance.now() + wall.ms;
      const refusal = errorReply(429, "Rate limit reached for requests", {
        type: "requests",
        code: "rate_limit_exceeded",
      });
      if (performance.now() < openAt) return { ...refusal, headers: wall.headers };
    }
    if (reflectMs > 0 && isReflection(messages)) await new Promise((resolve) => setTimeout(resolve, reflectMs));
    if (lucky) return luckyAnswer(messages, fickle && temperature === 1 ? String(index) : "");
    return answerTo(messages.map(({ content }) => String(content)).join("\n"));
  },
});
process.on("message", () => process.send?.(server.counts));
// Nobody is left to measure anything.
process.on("disconnect", () => process.exit());
process.send?.({ baseURL: server.baseURL });
