/** As `foundation/needs-node`, for people at a command line: the one line, and exit code 2. */
import { oldNode } from "../foundation/node-version.ts";

const old = oldNode(process.versions.node);
if (old !== undefined) {
  process.stderr.write(`${old}\n`);
  process.exit(2);
}
