// What people throw, abort with and give back by mistake, and what looks at itself badly. None of it may be more than a
// failure of the one call that it belongs to.

/** Makes each value anew: some can be looked at once only. */
export const ODD_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a number": () => 42,
  "a text": () => "no",
  "a symbol": () => Symbol("odd"),
  "a bigint": () => 10n,
  "a function": () => function odd(): void {},
  "an empty object": () => ({}),
  "an object without a prototype": () => Object.create(null) as unknown,
  "an object that is in itself": () => {
    const ring: Record<string, unknown> = {};
    ring["ring"] = ring;
    return ring;
  },
  "an object whose text throws": () => ({
    toString: throwing,
    toJSON: throwing,
    get [Symbol.toStringTag]() {
      return throwing();
    },
  }),
  "an error whose message is a list": () => Object.assign(new Error("400"), { message: ["q must be a text"] }),
  "an error whose message is an object": () => Object.assign(new Error("400"), { message: { en: "wrong" } }),
  "an error whose message is undefined": () => Object.assign(new Error("400"), { message: undefined }),
  "an error whose message throws": () => Object.defineProperty(new Error("400"), "message", { get: throwing }),
  "an error whose name is a symbol": () => Object.assign(new Error("400"), { name: Symbol("odd") }),
  "an error whose name throws": () => Object.defineProperty(new Error("400"), "name", { get: throwing }),
  "an error whose stack throws": () => Object.defineProperty(new Error("400"), "stack", { get: throwing }),
  "an error whose cause throws": () => Object.defineProperty(new Error("400"), "cause", { get: throwing }),
  "an error that is its own cause": () => {
    const error = new Error("400");
    return Object.assign(error, { cause: error });
  },
  "a frozen error": () => Object.freeze(new Error("400")),
  "a proxy that is revoked": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a proxy of an error that throws at everything": () =>
    new Proxy(new Error("400"), { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
};

function throwing(): never {
  throw new TypeError("looked at");
}
