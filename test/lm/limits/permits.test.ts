import * as fc from "fast-check";
import { expect, test } from "vitest";
import { COMMON_SHARE, makePermits, type Priority } from "../../../src/lm/limits/permits.ts";

interface Place {
  readonly holder: string;
  readonly priority: Priority;
  readonly share: string;
  readonly tokens: number;
}

const place = (holder: string, priority: Priority = "user", tokens = 1, share = COMMON_SHARE): Place => ({
  holder,
  priority,
  share,
  tokens,
});
const of = (share: string, holder: string): Place => place(holder, "user", 1, share);

type Line = ReturnType<typeof makePermits<string, string, Place>>;

/** All that wait, as they would be served. */
function inOrder(permits: Line): string[] {
  const order: string[] = [];
  permits.sift(({ holder }) => order.push(holder) > 0);
  return order;
}

/** Hands out permits as long as there are any; gives who got one. */
function handOut(permits: Line): string[] {
  const granted: string[] = [];
  for (let next = permits.first(); next !== undefined && permits.hasRoom; next = permits.first()) {
    permits.take(next);
    permits.hold(next.holder, `for ${next.holder}`);
    granted.push(next.holder);
  }
  return granted;
}

test("permits are handed out until the limit, first in first out", () => {
  const permits = makePermits<string, string, Place>(2);
  for (const holder of ["a", "b", "c", "d"]) permits.enqueue(place(holder));
  expect(handOut(permits)).toEqual(["a", "b"]);
  expect([permits.inUse, permits.waiting, permits.hasRoom]).toEqual([2, 2, false]);
  expect(permits.release("b")).toBe("for b");
  expect(handOut(permits)).toEqual(["c"]);
  expect(permits.release("a")).toBe("for a");
  expect(handOut(permits)).toEqual(["d"]);
  for (const holder of ["c", "d"]) permits.release(holder);
  expect([permits.inUse, permits.waiting]).toEqual([0, 0]);
});

test("users go before optimizers, whoever came first", () => {
  const permits = makePermits<string, string, Place>(Infinity);
  permits.enqueue(place("o1", "optimizer", 5));
  permits.enqueue(place("u1", "user", 10));
  permits.enqueue(place("o2", "optimizer", 5));
  permits.enqueue(place("u2", "user", 10));
  expect(permits.ahead("user", COMMON_SHARE)).toEqual({ requests: 2, tokens: 20 });
  expect(permits.ahead("optimizer", COMMON_SHARE)).toEqual({ requests: 4, tokens: 30 });
  expect(inOrder(permits)).toEqual(["u1", "u2", "o1", "o2"]);
  expect(handOut(permits)).toEqual(["u1", "u2", "o1", "o2"]);
  expect(permits.ahead("optimizer", COMMON_SHARE)).toEqual({ requests: 0, tokens: 0 });
});

test("whoever leaves the line is passed over, and costs no permit", () => {
  const permits = makePermits<string, string, Place>(1);
  for (const holder of ["a", "b", "c"]) permits.enqueue(place(holder));
  expect(handOut(permits)).toEqual(["a"]);
  // Looked at already, and gone all the same.
  expect(permits.first()?.holder).toBe("b");
  expect(permits.release("b")).toBeUndefined();
  expect(permits.waiting).toBe(1);
  permits.release("a");
  expect(handOut(permits)).toEqual(["c"]);
});

test("who left the line and came again stands at its end", () => {
  const permits = makePermits<string, string, Place>(1);
  for (const holder of ["a", "b", "c"]) permits.enqueue(place(holder));
  permits.release("a");
  permits.enqueue(place("a"));
  const order: string[] = [];
  while (permits.waiting > 0) {
    for (const holder of handOut(permits)) {
      order.push(holder);
      permits.release(holder);
    }
  }
  expect(order).toEqual(["b", "c", "a"]);
});

test("a stranger's release changes nothing", () => {
  const permits = makePermits<string, string, Place>(1);
  permits.enqueue(place("a"));
  permits.enqueue(place("b"));
  handOut(permits);
  expect(permits.release("x")).toBeUndefined();
  expect([permits.inUse, permits.waiting]).toEqual([1, 1]);
});

test("every eighth permit is an optimizer's while both wait", () => {
  const permits = makePermits<string, string, Place>(Infinity);
  for (let n = 0; n < 20; n += 1) permits.enqueue(place(`u${n}`));
  for (let n = 0; n < 4; n += 1) permits.enqueue(place(`o${n}`, "optimizer"));
  expect(permits.ahead("optimizer", COMMON_SHARE).requests).toBe(24);
  expect(permits.ahead("user", COMMON_SHARE).requests).toBe(22);
  const order = handOut(permits);
  expect(order.flatMap((holder, at) => (holder.startsWith("o") ? [at] : []))).toEqual([7, 15, 22, 23]);
});

test("shares are served in turn, however many wait in each; who leaves takes no turn", () => {
  const permits = makePermits<string, string, Place>(Infinity);
  for (const holder of ["a1", "a2", "a3", "a4"]) permits.enqueue(of("a", holder));
  for (const holder of ["b1", "b2"]) permits.enqueue(of("b", holder));
  permits.enqueue(of("c", "c1"));
  expect(inOrder(permits)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
  permits.release("a1");
  permits.release("c1");
  expect(handOut(permits)).toEqual(["a2", "b1", "a3", "b2", "a4"]);
});

test("a lone share gets everything, and one that comes waits one turn of each other", () => {
  const permits = makePermits<string, string, Place>(1);
  for (let n = 0; n < 100; n += 1) permits.enqueue(of("a", `a${n}`));
  for (let n = 0; n < 10; n += 1) {
    expect(handOut(permits)).toEqual([`a${n}`]);
    permits.release(`a${n}`);
  }
  permits.enqueue(of("b", "b0"));
  expect(permits.ahead("user", "c")).toEqual({ requests: 2, tokens: 2 });
  expect(inOrder(permits).slice(0, 3)).toEqual(["a10", "b0", "a11"]);
});

test("who is sifted out costs its share no turn", () => {
  const permits = makePermits<string, string, Place>(1);
  for (const holder of ["a1", "a2", "a3"]) permits.enqueue(of("a", holder));
  for (const holder of ["b1", "b2"]) permits.enqueue(of("b", holder));
  const judged: string[] = [];
  const gone = permits.sift(({ holder }, { requests, tokens }) => {
    judged.push(`${holder} behind ${requests}`);
    expect(tokens).toBe(requests);
    return holder !== "a1" && holder !== "b2";
  });
  expect(judged).toEqual(["a1 behind 0", "a2 behind 0", "b1 behind 1", "a3 behind 2", "b2 behind 3"]);
  expect(gone.map(({ holder }) => holder)).toEqual(["a1", "b2"]);
  expect(permits.waiting).toBe(5);
});

test("twenty shares with very different numbers of calls on ten permits: each waits as long as is fair", () => {
  const permits = makePermits<string, string, Place>(10);
  const sizes = Array.from({ length: 20 }, (_, n) => 50 + n * n * 20);
  // The large ones come first.
  for (const [n, size] of [...sizes.entries()].toReversed())
    for (let call = 0; call < size; call += 1) permits.enqueue(of(`s${n}`, `${n}/${call}`));
  const served = sizes.map(() => 0);
  const waits: { turn: number; waited: number }[] = [];
  let at = 0;
  // While all have work.
  while (served.every((count, n) => count < (sizes[n] ?? 0))) {
    for (const holder of handOut(permits)) {
      const n = Number(holder.split("/")[0]);
      served[n] = (served[n] ?? 0) + 1;
      waits.push({ turn: served[n] ?? 0, waited: at });
      permits.release(holder);
    }
    at += 1;
  }
  // The fair wait of a share's nth call: n turns of everybody, two rounds of permits each.
  for (const { turn, waited } of waits.filter((each) => each.turn >= 5))
    expect(Math.abs(waited / (2 * turn) - 1)).toBeLessThan(0.2);
  expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(1);
  expect(Math.max(...served)).toBe(50);
});

test("thousands of shares cost no more by the permit, and are forgotten", () => {
  const permits = makePermits<string, string, Place>(10);
  for (let n = 0; n < 20_000; n += 1) permits.enqueue(of(`s${n % 5_000}`, String(n)));
  // One of its own share's, whose 64 shares at most are looked at, and one of each other's.
  expect(permits.ahead("user", "s7").requests).toBeGreaterThanOrEqual(4 + 4_999);
  expect(permits.ahead("user", "new")).toEqual({ requests: 5_000, tokens: 64 });
  for (let n = 0; n < 20_000; n += 1) permits.release(String(n));
  expect(permits.first()).toBeUndefined();
  permits.enqueue(of("s1", "again"));
  expect(permits.ahead("user", "s2")).toEqual({ requests: 1, tokens: 1 });
  expect(handOut(permits)).toEqual(["again"]);
});

/** The same in the plainest way: lists. */
function model(concurrency: number) {
  let holders: string[] = [];
  let line: Place[] = [];
  /** By priority, the shares that have somebody waiting, the one whose turn it is first. */
  const turns: Record<Priority, string[]> = { user: [], optimizer: [] };
  let inARow = 0;
  const waiting = (priority: Priority, share?: string): Place[] =>
    line.filter((each) => each.priority === priority && (share === undefined || each.share === share));
  const tidy = (): void => {
    for (const priority of ["user", "optimizer"] as const)
      turns[priority] = turns[priority].filter((share) => waiting(priority, share).length > 0);
  };
  const serve = (): Place | undefined => {
    const optimizers = waiting("optimizer").length > 0;
    const priority = waiting("user").length > 0 && !(optimizers && inARow === 7) ? "user" : "optimizer";
    const [share, ...others] = turns[priority];
    const [next] = waiting(priority, share);
    if (share === undefined || next === undefined) return undefined;
    inARow = priority === "optimizer" ? 0 : inARow + (optimizers ? 1 : 0);
    turns[priority] = [...others, share];
    line = line.filter((each) => each !== next);
    tidy();
    return next;
  };
  return {
    state: () => [holders.length, line.length],
    known: (holder: string) => holders.includes(holder) || line.some((each) => each.holder === holder),
    shares: (priority: Priority) => turns[priority].length,
    all: () => line,
    enqueue(each: Place) {
      line.push(each);
      if (!turns[each.priority].includes(each.share)) turns[each.priority].push(each.share);
    },
    release(holder: string) {
      holders = holders.filter((each) => each !== holder);
      line = line.filter((each) => each.holder !== holder);
      tidy();
    },
    handOut() {
      const granted: string[] = [];
      while (holders.length < concurrency) {
        const next = serve();
        if (next === undefined) break;
        holders.push(next.holder);
        granted.push(next.holder);
      }
      return granted;
    },
  };
}

const asking = {
  priority: fc.constantFrom<Priority>("user", "user", "optimizer"),
  share: fc.constantFrom("", "a", "b"),
  tokens: fc.nat(9),
};

test("any sequence of asking and giving back does what plain lists would do, and leaks nothing", () => {
  const step = fc.record({ ask: fc.boolean(), holder: fc.nat(24).map(String), ...asking });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 200 }), (concurrency, steps) => {
      const permits = makePermits<string, string, Place>(concurrency);
      const expected = model(concurrency);
      for (const { ask, holder, priority, share, tokens } of steps) {
        // A request asks once in its life.
        if (ask && expected.known(holder)) continue;
        for (const each of [permits, expected])
          if (ask) each.enqueue(place(holder, priority, tokens, share));
          else each.release(holder);
        expect(handOut(permits)).toEqual(expected.handOut());
        expect([permits.inUse, permits.waiting]).toEqual(expected.state());
      }
      for (let holder = 0; holder <= 24; holder += 1) permits.release(String(holder));
      expect([permits.inUse, permits.waiting]).toEqual([0, 0]);
      for (const priority of ["user", "optimizer"] as const)
        expect(permits.ahead(priority, "a")).toEqual({ requests: 0, tokens: 0 });
    }),
    { seed: 20_261_101, numRuns: 300 },
  );
});

test("who comes is never told of more before it than goes before it, whoever comes later; with one share of exactly that", () => {
  const places = fc.array(fc.record(asking), { maxLength: 40 });
  const shape = fc.record({
    before: places,
    served: fc.nat(20),
    me: fc.record(asking),
    later: places,
    one: fc.boolean(),
  });
  fc.assert(
    fc.property(shape, ({ before, served, me, later, one }) => {
      const permits = makePermits<string, string, Place>(1);
      const line = model(1);
      let count = 0;
      const come = (each: Omit<Place, "holder">): void => {
        const made = { ...each, ...(one && { share: "" }), holder: String((count += 1)) };
        for (const to of [permits, line]) to.enqueue(made);
      };
      /** What was served. */
      const serve = (): Place | undefined => {
        const next = permits.first();
        if (next !== undefined) permits.take(next);
        const [holder = ""] = line.handOut();
        line.release(holder);
        expect(next?.holder ?? "").toBe(holder);
        return next;
      };
      for (const each of before) come(each);
      for (let n = 0; n < served; n += 1) serve();
      const other = me.priority === "user" ? "optimizer" : "user";
      const lone = line.shares(other) === 1 ? line.all().find(({ priority }) => priority === other)?.share : undefined;
      const told = permits.ahead(me.priority, one ? "" : me.share);
      come(me);
      const mine = String(count);
      if (!one) {
        // The one case that is counted as it stands: a lane of one share is taken to stay so.
        for (const each of later) if (lone === undefined || each.priority !== other || each.share === lone) come(each);
      }
      const gone = { requests: 0, tokens: 0 };
      for (let next = serve(); next !== undefined && next.holder !== mine; next = serve()) {
        gone.requests += 1;
        gone.tokens += next.tokens;
      }
      const alone = one && before.every(({ priority }) => priority === me.priority);
      expect(told.requests).toBeLessThanOrEqual(gone.requests);
      expect(told.tokens).toBeLessThanOrEqual(gone.tokens);
      expect(one ? told.requests : gone.requests).toBe(gone.requests);
      expect(alone ? told : gone).toEqual(gone);
    }),
    { seed: 20_261_129, numRuns: 500 },
  );
});
