// node hold-folder.ts FOLDER: takes the folder's lock, and says on each line that it is given whether it still has it.
import { createInterface } from "node:readline";
import { lockFolder } from "../../src/foundation/folder-lock.ts";

const [folder = ""] = process.argv.slice(2);
const lock = await lockFolder(folder, { owner: "child" });
process.stdout.write(`epoch ${lock.epoch}\n`);
// What it is not asked any more does not keep it alive, and neither does the lock.
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "release") await lock.release();
  else {
    const said = await lock.check().then(
      () => "mine",
      (thrown: unknown) => (thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown)),
    );
    process.stdout.write(`${said}\n`);
  }
}
