// A client that is killed again and again while its requests are on real sockets: is every call answered, and is nothing
// left behind?
import {
  client,
  gaveUp,
  LmError,
  openai,
  predict,
  RunError,
  seededRandom,
  signature,
  startSystem,
  supervisor,
  type System,
  type TreeNode,
} from "dspex";
import { openaiServer, until } from "dspex/testing";

export interface SocketsOptions {
  readonly seconds: number;
  /** Milliseconds between two kills. */
  readonly everyMs: number;
  readonly seed: number;
}

const CALLERS = 100;
const CONCURRENCY = 64;
const LATENCY = { latencyMs: 20, jitterMs: 60 };
/** In case the network of this machine is slow to tell the server of closed sockets. */
const PATIENCE_MS = 20_000;
/** Answers that each life of the client gives at least: on a machine so busy that no life were long enough, it lives longer. */
const ANSWERS_A_LIFE = 20;

const program = predict(signature("question -> answer"));

/** Prints what came of it, and gives what is off. */
export async function soakSockets({ seconds, everyMs, seed }: SocketsOptions): Promise<string[]> {
  const random = seededRandom(seed);
  let rejections = 0;
  process.on("unhandledRejection", () => (rejections += 1));
  const server = await openaiServer({
    ...LATENCY,
    record: false,
    faults: { rates: { server_error: 0.01, reset_before_headers: 0.01, reset_in_body: 0.01 }, seed },
    answer: ({ messages }) => {
      const number = /item (\d+)\?/.exec(messages.map(({ content }) => String(content)).join("\n"))?.[1];
      return `[[ ## answer ## ]]\ncode-${number ?? "unknown"}\n\n[[ ## completed ## ]]`;
    },
  });
  const lm = openai("m", { baseURL: server.baseURL, apiKey: "none" });
  const system = await startSystem({
    name: "soak-sockets",
    logger: false,
    cache: false,
    // The group's own supervisor gives up on a client that dies so often, as it should.
    children: [
      supervisor({
        id: "stubborn",
        intensity: 1_000,
        period: 1,
        children: [client({ name: "main", lm, limits: { concurrency: CONCURRENCY } })],
      }),
    ],
  });
  gaveUp.subscribe(({ systemId, supervisor: who }) => {
    if (systemId === system.id) console.log(`gave up: ${who}`);
  });
  console.log(
    `${CALLERS} callers, ${CONCURRENCY} requests at once over loopback sockets, the client killed every ${everyMs} ms for ` +
      `${seconds} s, seed ${seed}\n`,
  );

  const counts = { made: 0, right: 0, wrong: 0 };
  const codes = new Map<string, number>();
  const strange: unknown[] = [];
  const began = performance.now();
  let kills = 0;
  const enoughKills = (): boolean => kills >= (seconds * 1_000) / everyMs / 2;
  const lasted = (ms: number): boolean => performance.now() - began >= ms;
  const stuck = (): boolean => lasted(seconds * 1_000 + PATIENCE_MS);
  const over = (): boolean => lasted(seconds * 1_000) && (enoughKills() || stuck());
  const caller = async (): Promise<void> => {
    while (!over()) {
      const number = (counts.made += 1);
      const outcome = await system.tryForward(program, { question: `What is the code of item ${number}?` });
      if (!outcome.ok) {
        const { error } = outcome;
        if (error instanceof LmError || error instanceof RunError)
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
        else strange.push(error);
      } else if (outcome.value.answer === `code-${number}`) counts.right += 1;
      else counts.wrong += 1;
    }
  };
  const callers = Promise.all(Array.from({ length: CALLERS }, caller));
  while (!over()) {
    // About so often, at no moment in particular.
    const answered = counts.right;
    await pause(everyMs * (0.5 + random.next()));
    while (counts.right < answered + ANSWERS_A_LIFE && !stuck()) await pause(1);
    const ref = system.runtime.whereis("client/main");
    if (ref === undefined) continue;
    system.runtime.exitSignal(ref, "kill");
    kills += 1;
  }
  await Promise.race([callers, pause(70_000)]);
  const typed = [...codes.values()].reduce((sum, count) => sum + count, 0);
  const unanswered = counts.made - counts.right - counts.wrong - typed - strange.length;

  const idle = (): boolean => inUse(system) === 0 && server.inFlight === 0;
  await until(idle, { withinMs: PATIENCE_MS }).catch(() => {});
  const left = { permits: inUse(system), requests: server.inFlight, sockets: server.connections };
  await system.stop();
  await until(() => server.connections === 0, { withinMs: PATIENCE_MS }).catch(() => {});
  const after = server.connections;
  const seen = server.counts;
  await server.close();

  console.log(`client killed         ${whole(kills)} times
calls                 ${whole(counts.made)}
  right               ${whole(counts.right)}
  typed errors        ${whole(typed)}   ${[...codes].map(([code, count]) => `${code} ${count}`).join(", ")}
  wrong               ${counts.wrong}
  failed otherwise    ${strange.length}
  unanswered          ${unanswered}
unhandled rejections  ${rejections}
requests at the server ${whole(seen.requests)}: ${whole(seen.answered)} answered, ${whole(seen.faulted)} broken off, ${whole(seen.aborted)} hung up on
permits in use        ${left.permits}
requests in flight    ${left.requests}
sockets               ${left.sockets} kept for more calls; ${after} after the system's stop`);

  const off: string[] = [];
  const must = (holds: boolean, what: string): void => void (holds || off.push(what));
  must(enoughKills(), "too few kills");
  must(counts.right > 0 && seen.aborted > 0, "nothing was answered, or no kill met a request");
  must(unanswered === 0, "calls without an answer");
  must(counts.wrong === 0 && strange.length === 0, `wrong answers: ${String(strange[0] ?? counts.wrong)}`);
  // Each has six attempts, and each life of the client is short: some meet a kill with all of them, and more on a busy machine.
  must(counts.right > counts.made / 4, "three of four calls failed");
  must(rejections === 0, "unhandled rejections");
  must(left.permits === 0 && left.requests === 0, "permits or requests that nobody holds");
  must(left.sockets <= CONCURRENCY && after === 0, "sockets of killed clients");
  return off;
}

/** Permits that the client has given out, and calls that wait for one. */
function inUse(system: System): number {
  const sum = ({ info, children }: TreeNode): number =>
    number(info["inFlight"]) + number(info["waiting"]) + children.reduce((total, child) => total + sum(child), 0);
  return sum(system.tree());
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function whole(value: number): string {
  return value.toLocaleString("en");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
