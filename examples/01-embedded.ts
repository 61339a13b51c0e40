// The same program on a model inside this process: no key, no server. Its weights (98 MB) are fetched once.
import { client, predict, signature, startSystem } from "dspex";
import { llama } from "dspex/llama";

const SimpleQA = signature("context, question -> answer", {
  name: "SimpleQA",
  instructions: "Answers a question given some context.",
});

const system = await startSystem({ children: [client({ name: "embedded", lm: llama() })] });

const qa = predict(SimpleQA, { client: "embedded" });

const result = await system.forward(qa, {
  question: "What is the primary benefit of the BEAM virtual machine?",
  context:
    "The BEAM, Erlang's virtual machine, is designed for building concurrent, fault-tolerant, and distributed systems. " +
    "Its key features include lightweight processes, preemptive scheduling, and a 'let it crash' philosophy with supervisors.",
});

console.log(`Answer: ${result.answer}`);
await system.stop();
