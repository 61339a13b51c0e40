/**
 * `npm run kill:evaluate [-- --kills 30 --seed 1]`: an evaluation with a journal, its process killed with SIGKILL at so many
 * random moments, one evaluation each. Exit code 1 where a report was not that of an evaluation that nobody killed, or
 * anything on record was asked again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "dspex";
import { lives } from "./kill-evaluate/lives.ts";
import { EXAMPLES } from "./kill-evaluate/questions.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "30" }, seed: { type: "string", default: "1" } },
});
const random = seededRandom(Number(values.seed));
let wrong = 0;
for (let number = 1; number <= Number(values.kills); number += 1) {
  const folder = mkdtempSync(join(tmpdir(), "dspex-kill-evaluate-"));
  const after = 1 + Math.floor(random.next() * EXAMPLES);
  const { same, recorded, askedAgain } = await lives(join(folder, "runs", "dev.jsonl"), [after], number);
  if (!same || askedAgain > 0) wrong += 1;
  const report = same ? "the same report" : "ANOTHER REPORT";
  console.log(
    `${number}: killed after ${after} requests, ${recorded.join(", ")} on record; ${report}, ${askedAgain} asked again`,
  );
  rmSync(folder, { recursive: true, force: true });
}
console.log(wrong === 0 ? `all ${values.kills} kills: the same report, nothing twice` : `${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
