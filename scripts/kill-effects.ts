/** `npm run kill:effects`: a run with an effect store, its process killed after each of its effects in turn. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lives } from "./kill-effects/lives.ts";
import { EFFECTS } from "./kill-effects/pipeline.ts";

let wrong = 0;
let expected: string | undefined;
for (let after = 1; after <= EFFECTS; after += 1) {
  const folder = mkdtempSync(join(tmpdir(), "dspex-kill-effects-"));
  const { summary, finals, replayed, kept } = await lives(folder, [after], after * 7);
  const result = JSON.stringify([summary, finals]);
  expected ??= result;
  const right = result === expected && kept.length === EFFECTS && new Set(kept).size === EFFECTS && replayed >= after;
  if (!right) wrong += 1;
  console.log(
    `killed after ${after}: ${replayed} effects found again, ${kept.length} kept in all${right ? "" : " WRONG"}`,
  );
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  wrong === 0 ? `all ${EFFECTS} kills: the same prediction, no effect twice` : `${wrong} of ${EFFECTS} wrong`,
);
process.exitCode = wrong === 0 ? 0 : 1;
