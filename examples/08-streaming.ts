// An answer as it is written: each output's text as it comes, the whole prediction at the end.
import { chainOfThought, client, openai, signature, startSystem } from "dspex";

const system = await startSystem({ children: [client({ name: "openai", lm: openai("gpt-5.6-luna") })] });

const qa = chainOfThought(signature("question -> answer, confidence: 'low' | 'high'"));

for await (const item of system.stream(qa, { question: "Why do supervisors restart processes?" })) {
  if (item.type === "prediction") {
    console.log(`${item.prediction.answer} (${item.prediction.$meta.usage.outputTokens} tokens)`);
  } else if (item.field === "reasoning") {
    process.stdout.write(item.done ? `${item.delta}\n` : item.delta);
  }
}
await system.stop();
