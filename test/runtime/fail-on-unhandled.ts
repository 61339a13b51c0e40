import { afterEach, beforeEach } from "vitest";

/** Fails each of the tests around it that leaves a rejection to nobody, for which Node would end the process. */
export function failOnUnhandled(): void {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  beforeEach(() => void process.on("unhandledRejection", onUnhandled));
  afterEach(() => {
    process.off("unhandledRejection", onUnhandled);
    const [first] = unhandled.splice(0);
    if (first !== undefined) throw new Error("a rejection was left unhandled", { cause: first });
  });
}
