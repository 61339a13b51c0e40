#!/usr/bin/env bash
# okapibm25 1.4.1: how often a keyword stands in a document is counted by `new RegExp(keyword, "g")`, and in how many documents
# it stands by `includes`: neither knows of words, and the two do not agree. "art" is found twice in "start the party", which beats
# "modern art"; the point in "3.5" stands for any character; the question mark behind a question's last word makes its last letter
# optional. And a `b` (or `k1`) of 0, no regard for length, is taken for none given: it is 0.75 then.
#
# Way round: another package (minisearch, wink-bm25-text-search); a very small `b` for 0.
#
# Output seen:
#   art: modern art 0.52, start the party 0.62, a rainy day 0.00
#   3.5: version 3.5 0.98, built in 1345 0.98, a rainy day 0.00
#   Emma?: Who wrote Emma? 1.20, Austen wrote Emma 1.20, the Emm family 1.20, a rainy day 0.00
#   b = 0: 0.66 0.35; b = 0.75: 0.66 0.35; b = 1e-9: 0.47 0.47
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund okapibm25@1.4.1
cat > probe.cjs <<'JS'
const { default: BM25 } = require("okapibm25");
const rain = "a rainy day";
for (const [keyword, documents] of [
  ["art", ["modern art", "start the party", rain]],
  ["3.5", ["version 3.5", "built in 1345", rain]],
  ["Emma?", ["Who wrote Emma?", "Austen wrote Emma", "the Emm family", rain]],
]) {
  const scores = BM25(documents, [keyword]).map((score, at) => `${documents[at]} ${score.toFixed(2)}`);
  console.log(`${keyword}: ${scores.join(", ")}`);
}
const scored = (b) => BM25(["cat", "cat and many other words here", rain], ["cat"], { b }).slice(0, 2);
const settings = [0, 0.75, 1e-9].map((b) => `b = ${b}: ${scored(b).map((score) => score.toFixed(2)).join(" ")}`);
console.log(settings.join("; "));
JS
node probe.cjs | tee seen
diff - seen <<'SEEN'
art: modern art 0.52, start the party 0.62, a rainy day 0.00
3.5: version 3.5 0.98, built in 1345 0.98, a rainy day 0.00
Emma?: Who wrote Emma? 1.20, Austen wrote Emma 1.20, the Emm family 1.20, a rainy day 0.00
b = 0: 0.66 0.35; b = 0.75: 0.66 0.35; b = 1e-9: 0.47 0.47
SEEN
echo "as it was"
