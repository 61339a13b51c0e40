// npm run refusals -- [--seeds N]
// The simulation of refusals: each server, met by what clients do and by what else was thought of. Prints a table in Markdown.
import { parseArgs } from "node:util";
import { POLICIES, type PolicyName } from "../test/lm/limits/refusals/policies.ts";
import { playScene, type Scene, SCENES } from "../test/lm/limits/refusals/scenes.ts";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "9" } } });
const seeds = Number(values.seeds);
// The table's keys are its type's.
const names = Object.keys(POLICIES) as PolicyName[];

/** Medians over the seeds: time beside the ideal, requests a call, failed calls. */
function cell(scene: Scene, name: PolicyName): string {
  const played = Array.from({ length: seeds }, (_, index) => playScene(scene, POLICIES[name], index + 1));
  const of = (part: (each: (typeof played)[number]) => number): number =>
    played.map(part).toSorted((a, b) => a - b)[Math.floor(seeds / 2)] ?? 0;
  const failed = of((each) => each.failed);
  const wall = failed > scene.calls / 100 ? "" : `${(of((each) => each.wallMs) / scene.idealMs).toFixed(2)} ×, `;
  return `${wall}${of((each) => each.requestsPerCall).toFixed(2)}${failed > 0 ? `, **${failed} failed**` : ""}`;
}

if (!Number.isInteger(seeds) || seeds < 1) {
  process.stderr.write("refusals: --seeds takes a whole number above 0\n");
  process.exitCode = 2;
} else {
  process.stdout.write(`| server | ideal | ${names.join(" | ")} |\n| ${"--- | ".repeat(names.length + 2).trim()}\n`);
  for (const scene of SCENES) {
    const cells = names.map((name) => cell(scene, name));
    process.stdout.write(`| ${scene.name} | ${scene.idealMs / 1_000} s | ${cells.join(" | ")} |\n`);
  }
}
