// What one process of the context bench does: whole calls on a model in this process that answers at once.
import { client } from "../../src/actors/client/client.ts";
import { predict } from "../../src/programs/predict/predict.ts";
import { signature } from "../../src/signatures/signature.ts";
import { startSystem } from "../../src/system.ts";
import { waitingModel } from "./waiting-model.ts";

const AT_ONCE = 1_000;

/** CPU milliseconds for so many whole `system.forward` calls, after as many to warm up. */
export async function forwards(count: number): Promise<number> {
  const system = await startSystem({
    name: "context",
    logger: false,
    cache: false,
    children: [client({ name: "bench", lm: waitingModel(1) })],
  });
  const program = predict(signature("question -> answer"));
  const round = async (): Promise<void> => {
    for (let done = 0; done < count; done += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => system.forward(program, { question: `q${index}` })),
      );
  };
  await round();
  const before = process.cpuUsage();
  await round();
  const { user, system: kernel } = process.cpuUsage(before);
  await system.stop();
  return (user + kernel) / 1_000;
}
