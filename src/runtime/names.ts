import { describe, DspexError, UsageError } from "../foundation/errors.ts";
import type { ActorCell, RuntimeCore } from "./actor-cell.ts";

/** The name is taken, the actor has one already, or is dead: OTP's `badarg`. */
export class BadNameError extends DspexError<"badarg"> {
  override readonly name: string = "BadNameError";
  constructor(message: string) {
    super(message, { code: "badarg", retryable: false });
  }
}

/** @throws UsageError for what is no text: names are shown wherever something fails */
export function checkName(what: string, which: string, name: unknown): void {
  if (typeof name !== "string") throw new UsageError(`${what}: ${which} must be a text, got ${describe(name)}`);
}

/** One name has one actor, one actor one name. */
export function register(core: RuntimeCore, name: string, cell: ActorCell): void {
  checkName("register", "the name", name);
  if (cell.status === "dead") throw new BadNameError(`cannot register "${name}": the actor is dead`);
  if (cell.name !== undefined) throw new BadNameError(`cannot register "${name}": the actor is "${cell.name}" already`);
  if (core.names.has(name)) throw new BadNameError(`cannot register "${name}": the name is taken`);
  cell.name = name;
  core.names.set(name, cell);
}

/** Anybody may free any name. */
export function unregister(core: RuntimeCore, name: string): void {
  const cell = core.names.get(name);
  if (cell === undefined) throw new BadNameError(`cannot unregister ${describe(name)}: nobody has it`);
  cell.name = undefined;
  core.names.delete(name);
}
