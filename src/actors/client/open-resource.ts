import type { LmOpenOptions } from "../../lm/language-model.ts";
import type { Self } from "../../runtime/actor.ts";
import { systemEnv } from "../system-env.ts";

/**
 * Opens what a client holds. Undefined where the client is killed meanwhile, or the system stops: a supervisor waits for
 * its child to come up before it hears of anything else (as in OTP), so a client whose model loads for minutes has to
 * decline by itself. What is opened too late is closed again.
 */
export async function openResource<Held extends { close(): Promise<void> }>(
  self: Pick<Self, "signal" | "runtime">,
  open: (options: LmOpenOptions) => Promise<Held>,
): Promise<{ readonly opened: Held } | undefined> {
  const { stopping } = systemEnv(self.runtime);
  const signal = AbortSignal.any([self.signal, stopping]);
  let tell: (() => void) | undefined;
  const stopped = new Promise<undefined>((resolve) => {
    tell = () => resolve(undefined);
    if (signal.aborted) tell();
    signal.addEventListener("abort", tell, { once: true });
  });
  try {
    // Anybody's code: what it gives need not be a promise, nor be there at all.
    const opening = Promise.resolve(open({ signal })).then((opened) => ({ opened }));
    const held = await Promise.race([opening, stopped]);
    // Nobody is left to hear of an opening that fails.
    if (held === undefined)
      opening.then(
        ({ opened: late }) => closeResource(late),
        () => {},
      );
    return held;
  } catch (thrown) {
    if (signal.aborted) return undefined;
    throw thrown;
  } finally {
    if (tell !== undefined) signal.removeEventListener("abort", tell);
  }
}

/** Frees what was opened. Nobody is left to hear of a close that fails. */
export async function closeResource(held: { close(): Promise<void> }): Promise<void> {
  try {
    await held.close();
  } catch {
    // As said.
  }
}

/** A killed process runs no `terminate`; what it holds is freed all the same. */
export function closeAtEnd({ signal }: Pick<Self, "signal">, held: { close(): Promise<void> }): void {
  signal.addEventListener("abort", () => void closeResource(held), { once: true });
}
