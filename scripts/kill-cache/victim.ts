// node victim.ts FOLDER SEED: asks without end, so that answers are written and room is made, until somebody kills it.
import { seededRandom } from "dspex";
import { program, question, QUESTIONS, ROLLOUTS } from "./questions.ts";
import { answering, cachedSystem } from "./system.ts";

const [dir = "", seed = "1"] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const system = await cachedSystem(dir, answering);
process.stdout.write("up\n");

async function askOn(): Promise<never> {
  for (;;) {
    const index = Math.floor(random.next() * QUESTIONS);
    // A new answer for each of many rollouts: the disk is never done.
    const rolloutId = Math.floor(random.next() * ROLLOUTS);
    await system.forward(program.with({ config: { rolloutId } }), { question: question(index) });
  }
}

await Promise.all(Array.from({ length: 40 }, askOn));
