#!/usr/bin/env bash
# Node 24.21.0 (and 20.20.2): `target.addEventListener(type, listener, { signal })` promises that the listener goes once the
# signal aborts. Of many such listeners on one target, each with a signal of its own, Node keeps hold of the last one's
# removal alone (it is kept weakly, in a map by target), so that after a collection of garbage aborting the others removes
# nothing. Seen where a long-lived AbortSignal is handed to many short calls: each leaves its listener, and what that holds,
# for as long as the signal lives, and whether it does depends on when the collector ran.
#
# Way round: no `signal` option, but a listener on the signal that calls `removeEventListener` (held strongly).
#
# Output seen:
#   100 listeners, each with a signal of its own
#   all signals aborted at once: 0 left
#   all aborted after a collection of garbage: 99 left
#   removed by a listener of one's own, after a collection: 0 left
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat > probe.mjs <<'JS'
import { getEventListeners } from "node:events";
const COUNT = 100;
const collect = async () => {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  globalThis.gc();
};
async function left(listen, withCollection) {
  const target = new AbortController().signal;
  const lives = Array.from({ length: COUNT }, () => new AbortController());
  for (const { signal } of lives) listen(target, () => {}, signal);
  if (withCollection) await collect();
  for (const life of lives) life.abort();
  return getEventListeners(target, "abort").length;
}
const byOption = (target, listener, signal) => target.addEventListener("abort", listener, { once: true, signal });
const byHand = (target, listener, signal) => {
  target.addEventListener("abort", listener, { once: true });
  signal.addEventListener("abort", () => target.removeEventListener("abort", listener), { once: true });
};
process.removeAllListeners("warning");
console.log(`${COUNT} listeners, each with a signal of its own`);
console.log(`all signals aborted at once: ${await left(byOption, false)} left`);
console.log(`all aborted after a collection of garbage: ${await left(byOption, true)} left`);
console.log(`removed by a listener of one's own, after a collection: ${await left(byHand, true)} left`);
JS
./node_modules/.bin/node --no-warnings --expose-gc probe.mjs | tee seen
diff - seen <<'SEEN'
100 listeners, each with a signal of its own
all signals aborted at once: 0 left
all aborted after a collection of garbage: 99 left
removed by a listener of one's own, after a collection: 0 left
SEEN
echo "as it was"
