// Ax's evaluation on the benches' loopback server, run from a folder where Ax is installed: node evaluate-ax.ts BASE_URL EXAMPLES
import { createRequire } from "node:module";
import { join } from "node:path";

interface Row {
  readonly question: string;
  readonly answer: string;
}

type Metric = (told: { readonly prediction: { readonly answer?: unknown }; readonly example: Row }) => number;

/** What of Ax is used here; it is not among this project's packages. */
interface Ax {
  readonly ai: (options: object) => object;
  readonly ax: (signature: string) => object;
  readonly AxTestPrompt: new (options: object) => { run(metric: Metric): Promise<void> };
}

const [baseURL, count] = [process.argv[2], Number(process.argv[3])];
const { AxTestPrompt, ai, ax } = createRequire(join(process.cwd(), "package.json"))("@ax-llm/ax") as Ax;

const llm = ai({ name: "openai", apiKey: "none", apiURL: baseURL, config: { model: "bench", stream: false } });
const program = ax("question:string -> answer:string");
const rows = Array.from({ length: count }, (_, index): Row => ({
  question: `What is the code of item ${index}?`,
  answer: `code-${index}`,
}));
let right = 0;
// The server answers in a layout that is not Ax's: the answer is somewhere in the field.
const metric: Metric = ({ prediction, example }) => {
  const score = new RegExp(`${example.answer}\\b`).test(String(prediction.answer)) ? 1 : 0;
  right += score;
  return score;
};
const evaluate = (examples: readonly Row[]): Promise<void> =>
  new AxTestPrompt({ ai: llm, program, examples }).run(metric);

// What is loaded on the first call is no part of it.
await evaluate(rows.slice(0, 3));
right = 0;
const cpu = process.cpuUsage();
const startedAt = performance.now();
await evaluate(rows);
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage(cpu);
const result = { examples: count, wallMs, cpuMs: (user + system) / 1_000, score: (100 * right) / count };
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit());
