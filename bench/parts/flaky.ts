// One round of the benches of faults and walls: calls to a server that fails some of them, and how they came out.
import { type Caller } from "./callers.ts";
import { inFlight } from "./in-flight.ts";
import { rightAnswer } from "./question.ts";
import { type ServerSettings, startServer } from "./server-process.ts";

export interface FlakyWork {
  readonly calls: number;
  readonly mostInFlight: number;
  readonly server: ServerSettings;
}

export interface FlakySample {
  readonly wallMs: number;
  /** Calls that came out right. */
  readonly right: number;
  readonly requests: number;
}

export async function measureFlaky(
  open: (baseURL: string) => Promise<Caller>,
  { calls, mostInFlight, server: settings }: FlakyWork,
): Promise<FlakySample> {
  const server = await startServer(settings);
  const caller = await open(server.baseURL);
  let right = 0;
  const startedAt = performance.now();
  await inFlight(calls, mostInFlight, async (index) => {
    const answer = await caller.call(index).catch(() => undefined);
    if (answer === rightAnswer(index)) right += 1;
  });
  const wallMs = performance.now() - startedAt;
  const { requests } = await server.counts();
  await caller.stop();
  server.stop();
  return { wallMs, right, requests };
}
