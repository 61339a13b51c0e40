/**
 * `npm run fuzz:http [-- --rounds 10000] [--seed N]`: damaged HTTP answers and streams, as many as are asked for. Each must
 * end in text or in a typed failure, nothing may be left unhandled, and no connection may be left open.
 */
import { parseArgs } from "node:util";
import { httpFuzz } from "../test/lm/http-fuzz.ts";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = Number(values.rounds ?? 10_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);

let unhandled = 0;
const note = (error: unknown): void => {
  unhandled += 1;
  console.error("unhandled:", error);
};
process.on("unhandledRejection", note).on("uncaughtException", note);

console.log(`seed ${seed}, ${rounds.toLocaleString("en")} damaged answers`);
const { ends, socketsLeft } = await httpFuzz({ seed, rounds });
for (const [kind, count] of [...ends].toSorted(([, a], [, b]) => b - a)) console.log(`  ${kind.padEnd(20)} ${count}`);
console.log(`unhandled: ${unhandled}, connections left: ${socketsLeft}`);
process.exitCode = unhandled === 0 && socketsLeft === 0 ? 0 : 1;
