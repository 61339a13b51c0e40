// What a careless program, model or caller throws and aborts with.

const ODD: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => "no",
  () => Symbol("odd"),
  () => Object.assign(new Error("400"), { message: ["q must be a text"] }),
  () => Object.assign(new Error("400"), { name: Symbol("odd") }),
  () => Object.defineProperty(new Error("400"), "message", { get: looked }),
  () => Object.freeze(new Error("plain")),
];

function looked(): never {
  throw new TypeError("looked at");
}

/** One of them, by a number from 0 to 1. */
export function odd(draw: number): unknown {
  return ODD[Math.floor(draw * ODD.length)]?.();
}
