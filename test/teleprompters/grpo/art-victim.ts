// node art-victim.ts BASE_URL FOLDER: trains for two steps, and prints the model that came of it. Killed on the way by its test.
import { artTrainer, compile, examples, grpo, openai, predict, signature } from "dspex";

const [baseURL = "", folder = ""] = process.argv.slice(2);
const QA = signature("question -> answer");
const trainset = examples(QA, [{ question: "The colour of grass?", answer: "green" }]);
const policy = artTrainer("base", {
  baseURL,
  apiKey: "key",
  trained: { project: "colours", name: "painter" },
  pollMs: 1,
});
const metric = Object.assign(
  (example: { labels: { answer?: string } }, { answer }: { answer: string }) => answer === example.labels.answer,
  { version: 1 },
);
const job = compile(
  grpo<{ question: string }, { answer: string }, { answer: string }>({ metric, policy, numSteps: 2, groupSize: 12 }),
  predict(QA, { onUnparsable: "fail" }),
  { trainset, folder, clients: { main: openai("base", { baseURL, apiKey: "key" }) }, maxConcurrency: 1 },
);
const better = await job.result();
process.stdout.write(String(better.config.model));
