// node victim.ts BASE_URL FOLDER TELEPROMPTER WRITES: a system whose child is a job; prints what it came to, and is killed on
// the way: by its parent, or by itself right before its so-manieth write.
import { client, job, openai, startSystem } from "dspex";
import { dieAtWrite } from "./die-at-write.ts";
import { OPTIONS, student, SUBJECTS, trainerAt, trainset, valset } from "./subjects.ts";
import { told } from "./told.ts";

const [baseURL = "", folder = "", name = "", writes = "0"] = process.argv.slice(2);
const make = SUBJECTS[name];
if (make === undefined) throw new Error(`no teleprompter ${name}`);
dieAtWrite(Number(writes));
const teleprompter = make(trainerAt(baseURL));
const compiling = job({ name, teleprompter, program: student, trainset, valset, folder, ...OPTIONS });
const system = await startSystem({
  children: [client({ name: "main", lm: openai("test-model", { baseURL, apiKey: "none" }) }), compiling],
  logger: false,
  cache: false,
});
const handle = system.job(compiling);
const best = await handle.result();
const steps = [];
for await (const step of handle.steps()) steps.push(step);
await system.stop();
process.stdout.write(await told(best, steps, folder));
