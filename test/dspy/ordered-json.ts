/**
 * JSON whose objects keep the order of their keys: those with keys that look like numbers, which JavaScript would put
 * first, come as maps.
 */
export function parseOrdered(text: string): unknown {
  let pos = 0;
  const space = (): void => {
    while (" \n\r\t".includes(text[pos] ?? "x")) pos += 1;
  };
  const literal = (): unknown => {
    const match = /"(?:[^"\\]|\\.)*"|[^\s,\]}:]+/y;
    match.lastIndex = pos;
    const found = match.exec(text)?.[0];
    if (found === undefined) throw new Error(`no JSON at ${pos}`);
    pos += found.length;
    return JSON.parse(found);
  };
  const value = (): unknown => {
    space();
    if (text[pos] === "[") {
      const items: unknown[] = [];
      pos += 1;
      for (space(); text[pos] !== "]"; space()) {
        if (text[pos] === ",") pos += 1;
        items.push(value());
      }
      pos += 1;
      return items;
    }
    if (text[pos] !== "{") return literal();
    const entries: [string, unknown][] = [];
    pos += 1;
    for (space(); text[pos] !== "}"; space()) {
      if (text[pos] === ",") pos += 1;
      space();
      const key = String(literal());
      space();
      pos += 1;
      entries.push([key, value()]);
    }
    pos += 1;
    return entries.some(([key]) => /^\d+$/.test(key)) ? new Map(entries) : Object.fromEntries(entries);
  };
  return value();
}
