/**
 * Node's `util.inspect.custom`, by which a value says how it is printed. It has a name in the registry of symbols, so that
 * nobody need import Node's own.
 */
export const INSPECT = Symbol.for("nodejs.util.inspect.custom");
