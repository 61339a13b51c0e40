#!/usr/bin/env bash
# nact 7.6.2: an actor handles one message at a time, until a peer's fault is dealt with. `resetAll`, decided by an actor that crashed,
# makes each of its peers take its next message while the one it is at still runs: what such an actor reads, awaits and then
# writes back is lost.
#
# Way round: never `resetAll`; let a crash stop the actor (`stop`) and start it anew.
#
# Output seen:
#   a peer decides on stop: at most 1 at once, 4 of 4 deposits kept
#   a peer decides on resetAll: at most 2 at once, 3 of 4 deposits kept
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nact@7.6.2
cat > probe.cjs <<'JS'
const { dispatch, spawn, start } = require("nact");
const DEPOSITS = 4;
async function turns() {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
// A handler that reads, awaits and writes: right as long as it is alone.
function account() {
  const seen = { balance: 0, running: 0, most: 0 };
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const handle = async () => {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    const { balance } = seen;
    await gate;
    seen.balance = balance + 1;
    seen.running -= 1;
  };
  return { seen, handle, open };
}
const deciding = (name) => ({ onCrash: (_message, _error, decisions) => decisions[name] });
// The account is at its first deposit, with three more waiting, when another actor fails.
async function told({ seen, open }, deposit, fail) {
  for (let at = 0; at < DEPOSITS; at += 1) deposit(at);
  await turns();
  fail();
  await turns();
  open();
  await turns();
  return `at most ${seen.most} at once, ${seen.balance} of ${DEPOSITS} deposits kept`;
}
async function peer(decision) {
  const made = account();
  const parent = spawn(start(), () => {}, "parent");
  const worker = spawn(parent, made.handle, "worker");
  const failing = spawn(parent, () => Promise.reject(new Error("fails")), "failing", deciding(decision));
  return told(made, (message) => dispatch(worker, message), () => dispatch(failing, "now"));
}
(async () => {
  for (const decision of ["stop", "resetAll"]) console.log(`a peer decides on ${decision}: ${await peer(decision)}`);
  process.exit();
})();
JS
node probe.cjs | tee seen
diff - seen <<'SEEN'
a peer decides on stop: at most 1 at once, 4 of 4 deposits kept
a peer decides on resetAll: at most 2 at once, 3 of 4 deposits kept
SEEN
echo "as it was"
