import { asError, describe, DspexError, UsageError } from "../../foundation/errors.ts";
import { startSystem, type System } from "../../index.ts";
import type { CliWorld } from "../cli-world.ts";
import { CommandFailure } from "../exit-code.ts";
import { unlessInterrupted } from "../interrupts.ts";
import { namedExport } from "./named-export.ts";

/** As `startSystem` takes them. */
type Options = Parameters<typeof startSystem>[0];

/**
 * Starts the system of `FILE#name`: options of `startSystem` (`{ children }`), a function that gives them, now or later, or one
 * that was started already, there or by the function. Whoever asks stops it.
 *
 * @throws CommandFailure, StartError (reject) where it does not start; UsageError for what is none of these, and as
 *   {@link namedExport} does
 */
export async function namedSystem(option: string, text: string, world: CliWorld): Promise<System> {
  const found = await namedExport(option, text, world);
  const given =
    typeof found === "function" ? await unlessInterrupted(world.signal, called(text, found as () => unknown)) : found;
  if (isSystem(given)) return given;
  if (typeof given === "object" && given !== null && "children" in given)
    // startSystem looks at what is in it.
    return unlessInterrupted(world.signal, started(given as Options));
  throw new UsageError(
    `${option} ${text}: expected options of startSystem ({ children }), a function that gives them, or a started system, ` +
      `got ${describe(given)}`,
  );
}

async function called(text: string, make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (thrown) {
    throw doesNotStart(thrown, `${text} threw `);
  }
}

async function started(options: Options): Promise<System> {
  try {
    return await startSystem(options);
  } catch (thrown) {
    throw doesNotStart(thrown, "");
  }
}

/** A key that is missing, say, is misuse to the library, and no fault of the command line. */
function doesNotStart(thrown: unknown, who: string): Error {
  if (thrown instanceof DspexError) return thrown;
  const { name, message } = asError(thrown);
  const said = thrown instanceof UsageError ? message : `${who}${name}: ${message}`;
  return new CommandFailure(`the system does not start: ${said}`, { cause: thrown });
}

function isSystem(value: unknown): value is System {
  if (typeof value !== "object" || value === null) return false;
  const { evaluate, stop } = value as Partial<System>;
  return typeof evaluate === "function" && typeof stop === "function";
}
