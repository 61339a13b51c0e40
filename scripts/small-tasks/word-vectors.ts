/** A vector for each text: its words by their rarity in these documents. Its dot product with another's is what they have in common. */
export function wordVectors(documents: readonly string[]): (texts: readonly string[]) => Promise<readonly number[][]> {
  const frequency = new Map<string, number>();
  for (const document of documents)
    for (const word of new Set(wordsOf(document))) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const words = [...frequency.keys()];
  const rarity = words.map((word) => Math.log((documents.length + 1) / (frequency.get(word) ?? 1)));
  return async (texts) =>
    texts.map((text) => {
      const own = new Set(wordsOf(text));
      return words.map((word, place) => (own.has(word) ? (rarity[place] ?? 0) : 0));
    });
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}
