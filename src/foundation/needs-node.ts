/**
 * Says that Node is too old before anything that needs a newer one is run: every entry imports this first. It is told
 * only where every module can be linked, so what older ones lack of Node's own modules is imported by no name (the suite
 * looks).
 */
import { stackless, UsageError } from "./errors.ts";
import { oldNode } from "./node-version.ts";

const old = oldNode(globalThis.process?.versions?.node);
// Without a stack: it would name this file, and no line of the user's.
if (old !== undefined) throw stackless(() => new UsageError(old));
