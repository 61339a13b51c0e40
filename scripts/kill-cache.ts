/**
 * `npm run kill:cache [-- --rounds 50 --seed 1]`: kills a process with SIGKILL while it writes the cache on disk, so many
 * times at random moments, in one folder. Exit code 1 when any answer found afterwards was wrong or torn.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "dspex";
import { killRounds, type Round } from "./kill-cache/rounds.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "50" }, seed: { type: "string", default: "1" } },
});
const folder = mkdtempSync(join(tmpdir(), "dspex-kill-cache-"));
const sum = (rounds: readonly Round[], count: (round: Round) => number): number =>
  rounds.reduce((total, round) => total + count(round), 0);

try {
  const rounds = await killRounds({
    folder,
    rounds: Number(values.rounds),
    random: seededRandom(Number(values.seed)),
    onRound: ({ killedAfterMs, bytes, found, wrong, tornLines }, number) =>
      process.stdout.write(
        `${number}: killed after ${killedAfterMs} ms; ${bytes} bytes, ${found} answers found, ${wrong} wrong, ` +
          `${tornLines} torn lines passed over\n`,
      ),
  });
  const wrong = sum(rounds, (round) => round.wrong);
  process.stdout.write(
    `${rounds.length} kills: ${sum(rounds, ({ found }) => found)} answers found, ${wrong} wrong, ` +
      `${sum(rounds, ({ tornLines }) => tornLines)} torn lines passed over\n`,
  );
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
