/** Where a call was made; its lines are written out when somebody asks for them. */
export interface CallSite {
  readonly stack?: string;
}

// A class, as an object without fields of its own would have room for four.
class Site implements CallSite {
  declare readonly stack?: string;
}

/** Of the caller and those above: what sets one call of a service apart from the next, and no more than a call can bear. */
const FRAMES = 4;

/**
 * The place from which the function that asks was called. What fails later, in another process or after a wait, has a
 * stack without it. Some 2 µs and 250 bytes a call, 56 of them for each frame: frames are noted, not written out.
 *
 * @param inside the function that was called: it and what it calls are left out. It must be on the stack
 */
export function callSite(inside: (...args: never[]) => unknown): CallSite {
  const { stackTraceLimit } = Error;
  const site = new Site();
  Error.stackTraceLimit = Math.min(stackTraceLimit, FRAMES);
  try {
    Error.captureStackTrace(site, inside);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return site;
}

const TOLD = Symbol("call site told");

/**
 * Puts the lines of a call below those of the error that it failed with, once for each error: its stack then names
 * who asked, whatever the error came through. Nothing is written out before somebody looks at the stack. One that is
 * frozen stays as it is.
 */
export function tellCaller(error: Error, site: CallSite): void {
  if (saysItsCaller(error) || !Object.isExtensible(error)) return;
  const own = Object.getOwnPropertyDescriptor(error, "stack");
  if (own?.configurable !== true) return;
  Object.defineProperty(error, TOLD, { value: true });
  let stack: string | undefined;
  const written = (): string => joined(String(own.get === undefined ? own.value : own.get.call(error)), site);
  Object.defineProperty(error, "stack", {
    configurable: true,
    get: () => (stack ??= written()),
    set(given: string) {
      stack = given;
    },
  });
}

/** Whether its stack has the lines of a call. */
export function saysItsCaller(error: Error): boolean {
  return TOLD in error;
}

/** The lines of the site without its own first one, which names no error. */
function joined(stack: string, site: CallSite): string {
  const lines = (site.stack ?? "").split("\n").slice(1);
  return [stack, ...lines].join("\n");
}
