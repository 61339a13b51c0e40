#!/usr/bin/env bash
# @orama/orama 3.1.18: a word of the query also finds all words that begin with it, and each of these counts by its own rarity. The
# word asked for, standing in many documents, weighs little; a longer word that stands in one weighs much: the document that has not
# the word comes first, and the more documents have it, the further ahead. Asked for "20", a search gives "2000" first. What is best
# for a box in which one types is what a retriever of passages gets by default (`tolerance: 0` changes nothing).
#
# Way round: `exact: true` in the search.
#
# Output seen:
#   return: returnable bottles and cans 0.97, return shipping label 0.49
#   return, exact: return shipping label 0.49, return policy of the shop 0.30
#   20: model B costs 2000 dollars 0.81, model A costs 20 dollars 0.24
#   20, exact: model A costs 20 dollars 0.24, model C costs 20 euros 0.24
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @orama/orama@3.1.18
cat > probe.mjs <<'JS'
import { create, insertMultiple, search } from "@orama/orama";
const passages = {
  return: [
    "return policy of the shop", "how to return an item", "return shipping label", "returnable bottles and cans", "opening hours",
  ],
  20: ["model A costs 20 dollars", "model B costs 2000 dollars", "model C costs 20 euros", "model D costs 20 pounds"],
};
for (const [term, texts] of Object.entries(passages).reverse()) {
  const index = create({ schema: { text: "string" } });
  await insertMultiple(index, texts.map((text) => ({ text })));
  for (const exact of [false, true]) {
    const { hits } = await search(index, { term, exact });
    const best = hits.slice(0, 2).map(({ document, score }) => `${document.text} ${score.toFixed(2)}`);
    console.log(`${term}${exact ? ", exact" : ""}: ${best.join(", ")}`);
  }
}
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
return: returnable bottles and cans 0.97, return shipping label 0.49
return, exact: return shipping label 0.49, return policy of the shop 0.30
20: model B costs 2000 dollars 0.81, model A costs 20 dollars 0.24
20, exact: model A costs 20 dollars 0.24, model C costs 20 euros 0.24
SEEN
echo "as it was"
