// Imported before anything else, puts a module that captures nothing in the place of `foundation/async-scope.ts`.
import { registerHooks } from "node:module";

const NOTHING = `
  const scope = { runInAsyncScope: (fn, self, ...args) => fn.apply(self, args) };
  export const captureScope = () => scope;
`;

registerHooks({
  load: (url, context, next) =>
    url.endsWith("/foundation/async-scope.ts")
      ? { format: "module", shortCircuit: true, source: NOTHING }
      : next(url, context),
});
