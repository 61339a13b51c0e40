// Hot restart: a named service goes down four times under load; its callers ask by name, and each gets its answer.
import {
  actorName,
  behaviour,
  ExitError,
  formatReason,
  restartChild,
  startSystem,
  supervisor,
  terminateChild,
  worker,
  type CallOf,
  type Protocol,
  type SupervisorProtocol,
} from "dspex";
import { bar, pause, timeline, until } from "./timeline.ts";

interface Prices extends Protocol {
  call: CallOf<{ type: "price"; of: number }, { price: number; life: number }>;
  cast: { type: "divide_by_zero" };
  info: never;
}

let lives = 0;
const prices = behaviour<undefined, number, Prices>({
  name: "prices",
  init: () => ({ state: (lives += 1) }),
  async handleCall(life, { of }, _from, self) {
    await self.sleep(1);
    return { reply: { price: of * 2, life } };
  },
  handleCast() {
    throw new Error("division by zero");
  },
});

const show = timeline("hot-restart", "Hot restart", "Names outlive processes: who asks by name finds the next one.");
const PRICES = actorName<Prices>("prices");
const MARKET = actorName<SupervisorProtocol>("market");
const system = await startSystem({
  name: "hot-restart",
  logger: false,
  children: [
    supervisor({
      id: "market",
      name: MARKET.name,
      intensity: 10,
      children: [worker({ id: "prices", name: PRICES.name, behaviour: prices, args: undefined })],
    }),
  ],
});

const { runtime } = system;

/** Why it was asked again, and who answered in the end. */
const askedAgain = new Map<string, number>();
const answeredBy = new Map<number, number>();
const count = <Key>(tally: Map<Key, number>, key: Key): void => void tally.set(key, (tally.get(key) ?? 0) + 1);

/** A call fails when its callee ends, and says why. Nothing was bought: it is safe to ask again. */
async function ask(of: number): Promise<number> {
  for (;;) {
    try {
      const { price, life } = await runtime.call(PRICES, { type: "price", of });
      count(answeredBy, life);
      return price;
    } catch (thrown) {
      if (!(thrown instanceof ExitError)) throw thrown;
      count(askedAgain, formatReason(thrown.reason));
      await pause(2);
    }
  }
}

const CALLERS = 8;
const CALLS = 40;
let right = 0;
const caller = async (_: unknown, id: number): Promise<void> => {
  for (let turn = 0; turn < CALLS; turn += 1) {
    const of = id * 100 + turn;
    if ((await ask(of)) === of * 2) right += 1;
  }
};
const callers = Promise.all(Array.from({ length: CALLERS }, caller));

const accidents: readonly (() => unknown)[] = [
  () => runtime.exitSignal(PRICES, "kill"),
  () => runtime.cast(PRICES, { type: "divide_by_zero" }),
  () => runtime.stop(PRICES, "normal"),
  async () => {
    // On purpose, with a pause in which nobody has the name.
    await terminateChild(runtime, MARKET, "prices");
    await pause(15);
    await restartChild(runtime, MARKET, "prices");
  },
];
for (const accident of accidents) {
  await pause(60);
  const next = lives + 1;
  await accident();
  // The next accident is the next life's.
  await until(() => lives === next);
}
await callers;
show.end();

show.print(
  "",
  `${CALLERS} callers wanted ${CALLERS * CALLS} prices and got ${right} right ones. Where a call failed, they asked again:`,
  ...[...askedAgain].map(([why, times]) => `${String(times).padStart(6)} ×  ${why}`),
  "",
  ...[...answeredBy].map(([life, times]) => `life ${life} answered ${String(times).padStart(4)}  ${bar(0, times, 4)}`),
  "",
);
await system.stop();
