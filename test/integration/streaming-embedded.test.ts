// The embedded model, heard while it writes.
import { describe, expect, test } from "vitest";
import { client } from "../../src/actors/client/client.ts";
import { defaultCacheFolder, embeddedWeightsPresent, llama } from "../../src/lm/llama/llama.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { until } from "../../src/testing/until.ts";
import { AT_REST, underWay } from "../actors/living-tree.ts";

const absent = !embeddedWeightsPresent();
const why = absent ? ` (skipped: the weights are not in ${defaultCacheFolder()}; npm start fetches them)` : "";

const CONTEXT =
  "The BEAM, Erlang's virtual machine, is designed for building concurrent, fault-tolerant, and distributed systems. " +
  "Its key features include lightweight processes, preemptive scheduling, and a 'let it crash' philosophy with supervisors.";

describe.skipIf(absent)(`the embedded model${why}`, () => {
  test("is heard word by word, by field, and can be left", { timeout: 60_000 }, async () => {
    const system = await startSystem({ children: [client({ name: "local", lm: llama() })], logger: false });
    try {
      const qa = predict(signature("context, question -> answer, topic: 'computing' | 'cooking'"));
      const inputs = { context: CONTEXT, question: "What is the primary benefit of the BEAM virtual machine?" };
      const said = { answer: "", topic: "" };
      let parts = 0;
      let prediction: object | undefined;
      for await (const item of system.stream(qa, inputs)) {
        if (item.type === "prediction") ({ prediction } = item);
        else {
          said[item.field] += item.delta;
          if (item.field === "answer") parts += 1;
        }
      }
      expect(prediction).toEqual(said);
      expect(said.answer).toMatch(/concurren|fault|distribut/);
      expect(parts).toBeGreaterThan(5);

      for await (const item of system.stream(qa, { ...inputs, question: "What are its key features?" })) {
        if (item.type === "part") break;
      }
      await until(() => underWay(system.tree()).inFlight === 0);
      expect(underWay(system.tree())).toEqual(AT_REST);
    } finally {
      await system.stop();
    }
  });
});
