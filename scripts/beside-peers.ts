/**
 * `npm run bench:peers [-- evaluate compile reflect]`: whole evaluations and compiles beside DSPy's and Ax's, on one loopback server that
 * answers after 200 ms, caches off. Installs pinned public packages in a temporary folder, for which it takes Python 3 and the
 * network: it is no part of any check.
 */
import { compareCompiles } from "./beside-peers/compile.ts";
import { compareEvaluations } from "./beside-peers/evaluate.ts";
import { compareReflection } from "./beside-peers/reflect.ts";

const COMPARISONS: Readonly<Record<string, () => Promise<void>>> = {
  evaluate: compareEvaluations,
  compile: compareCompiles,
  reflect: compareReflection,
};

const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(COMPARISONS)) {
  const compare = COMPARISONS[name];
  if (compare === undefined) throw new Error(`no comparison ${name}; there are ${Object.keys(COMPARISONS).join(", ")}`);
  await compare();
}
