// The client is killed under load, again and again, while its requests are on real sockets. `npm run soak -- --sockets` is
// ten seconds of it in real time.
import { expect, test } from "vitest";
import { client, clientName } from "../../src/actors/client/client.ts";
import { seededRandom } from "../../src/foundation/random.ts";
import { openai } from "../../src/lm/openai/openai.ts";
import { supervisor } from "../../src/supervisors/supervision.ts";
import { openaiServer } from "../../src/testing/openai-server.ts";
import { testClock } from "../../src/testing/test-clock.ts";
import { until } from "../../src/testing/until.ts";
import { AT_REST, nodes, underWay } from "../actors/living-tree.ts";
import { untyped, type Watched } from "../actors/outcomes.ts";
import { useWorlds, wrong } from "./chaos-world.ts";

const { start } = useWorlds();

const KILLS = 30;
const CALLS_EACH = 12;
const CONCURRENCY = 8;

test.each([1, 2])(
  "the client killed under requests on sockets: all is answered, nothing leaks (seed %d)",
  async (seed) => {
    const random = seededRandom(seed);
    // It answers when this clock moves.
    const provider = testClock();
    const server = await openaiServer({
      clock: provider,
      latencyMs: 10,
      jitterMs: 30,
      faults: { rates: { reset_before_headers: 0.03, reset_in_body: 0.03, server_error: 0.03 }, seed },
      answer: ({ messages }) => {
        const question = /q\d+/.exec(messages.map(({ content }) => String(content)).join("\n"))?.[0] ?? "none";
        return `[[ ## answer ## ]]\nre ${question}\n\n[[ ## completed ## ]]`;
      },
    });
    const lm = openai("m", { baseURL: server.baseURL, apiKey: "none" });
    const { system, clock, ask, kill } = await start(() => [
      // The group's own supervisor gives up on a client that dies so often, as it should.
      supervisor({
        id: "stubborn",
        intensity: 1_000,
        children: [client({ name: "main", lm, limits: { concurrency: CONCURRENCY }, circuitBreaker: false })],
      }),
    ]);
    const info = () => nodes(system.tree()).find(({ id }) => id === "main");
    const calls: Watched[] = [];
    for (let kills = 0; kills < KILLS; kills += 1) {
      calls.push(...ask(CALLS_EACH));
      // Somewhere among the requests of this life, some of them answered.
      const wanted = 1 + Math.floor(random.next() * CONCURRENCY);
      await until(async () => {
        await clock.advance(5);
        return server.inFlight >= wanted;
      });
      await provider.advance(random.next() * 30);
      await until(() => system.runtime.whereis(clientName("main").name) !== undefined);
      kill(clientName("main").name);
      await until(() => info()?.restarts === kills + 1);
    }
    await until(
      async () => {
        await Promise.all([clock.advance(5), provider.advance(5)]);
        return calls.every(({ settled }) => settled);
      },
      { withinMs: 20_000 },
    );
    expect(untyped(calls)).toEqual([]);
    const right = calls.filter(({ code }) => code === "ok");
    expect(wrong(right)).toEqual([]);
    // A few have met six kills and faults, and used their attempts up.
    expect(right.length).toBeGreaterThan(0.95 * calls.length);
    await clock.settle();
    expect(underWay(system.tree())).toEqual(AT_REST);
    expect(server.counts.aborted).toBeGreaterThan(0);
    // The sockets of the lives before are closed; this life's are kept for more.
    await until(() => server.connections <= CONCURRENCY && server.inFlight === 0);
    await system.stop();
    await until(() => server.connections === 0);
    expect(clock.pending).toBe(0);
    await server.close();
  },
);
