// node victim.ts FOLDER SEED KILL_AFTER: runs the pipeline, and is killed by its own hand once so many effects are kept; 0: never.
import { client, effectJournal, seededRandom, startSystem } from "dspex";
import { pipeline, slowModel, watched } from "./pipeline.ts";

const [folder = "", seed = "1", killAfter = "0"] = process.argv.slice(2);
const journal = await effectJournal(folder);
const effects = watched(journal, (count) => {
  if (count === Number(killAfter)) process.kill(process.pid, "SIGKILL");
});
const lm = slowModel(seededRandom(Number(seed)), () => {});
const system = await startSystem({
  children: [client({ name: "main", lm: { kind: "lm", provider: "p", model: "m", open: async () => lm } })],
  logger: false,
});
const { summary, finals, $meta } = await system.forward(
  pipeline,
  { topic: "lakes" },
  { runId: "r", effects, trace: true },
);
process.stdout.write(
  JSON.stringify({ summary, finals, replayed: $meta.trace?.filter((step) => step.replayed).length }),
);
await system.stop();
await journal.close();
