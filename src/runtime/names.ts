import { DspexError } from "../foundation/errors.ts";
import type { ActorCell } from "./actor-cell.ts";
import type { RuntimeCore } from "./runtime-core.ts";

/** The name is taken, the actor has one already, or is dead: OTP's `badarg`. */
export class BadNameError extends DspexError<"badarg"> {
  override readonly name: string = "BadNameError";
  constructor(message: string) {
    super(message, { code: "badarg", retryable: false });
  }
}

/** One name has one actor, one actor one name. */
export function register(core: RuntimeCore, name: string, cell: ActorCell): void {
  if (cell.status === "dead") throw new BadNameError(`cannot register "${name}": the actor is dead`);
  if (cell.name !== undefined) throw new BadNameError(`cannot register "${name}": the actor is "${cell.name}" already`);
  if (core.names.has(name)) throw new BadNameError(`cannot register "${name}": the name is taken`);
  cell.name = name;
  core.names.set(name, cell);
}

/** Anybody may free any name. */
export function unregister(core: RuntimeCore, name: string): void {
  const cell = core.names.get(name);
  if (cell === undefined) throw new BadNameError(`cannot unregister "${name}": nobody has it`);
  cell.name = undefined;
  core.names.delete(name);
}
