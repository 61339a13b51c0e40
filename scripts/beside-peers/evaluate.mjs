// Ax's evaluation on the benches' loopback server, run from a folder where Ax is installed: node evaluate.mjs BASE_URL EXAMPLES
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [baseURL, count] = [process.argv[2], Number(process.argv[3])];
const require = createRequire(pathToFileURL(join(process.cwd(), "package.json")));
const { AxTestPrompt, ai, ax } = require("@ax-llm/ax");

const llm = ai({ name: "openai", apiKey: "none", apiURL: baseURL, config: { model: "bench", stream: false } });
const program = ax("question:string -> answer:string");
const examples = Array.from({ length: count }, (_, index) => ({
  question: `What is the code of item ${index}?`,
  answer: `code-${index}`,
}));
let right = 0;
// The server answers in a layout that is not Ax's: the answer is somewhere in the field.
const metric = ({ prediction, example }) => {
  const score = new RegExp(`${example.answer}\\b`).test(String(prediction.answer)) ? 1 : 0;
  right += score;
  return score;
};
const evaluate = (some) => new AxTestPrompt({ ai: llm, program, examples: some }).run(metric);

// What is loaded on the first call is no part of it.
await evaluate(examples.slice(0, 3));
right = 0;
const cpu = process.cpuUsage();
const startedAt = performance.now();
await evaluate(examples);
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const result = { examples: count, wallMs, cpuMs: (user + system) / 1_000, score: (100 * right) / count };
process.stdout.write(`\n${JSON.stringify(result)}\n`);
process.exit();
