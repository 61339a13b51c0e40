/** DSPy's instructions for a signature that was given none. */
export function defaultInstructions(inputs: readonly string[], outputs: readonly string[]): string {
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
  return `Given the fields ${list(inputs)}, produce the fields ${list(outputs)}.`;
}

const TAB_COLUMNS = 8;

/**
 * Instructions are written inside code, indented as the code is. Cleaned as Python cleans docstrings: tabs become
 * columns of 8, the first line loses its indent, the others their common one, outer blank lines go.
 */
export function cleanInstructions(text: string): string {
  const [first = "", ...rest] = text.split("\n").map(expandTabs);
  const indents = rest.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  const lines = [first.trimStart(), ...rest.map((line) => line.slice(common))];
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  while (lines.length > 0 && lines[0] === "") lines.shift();
  return lines.join("\n");
}

function expandTabs(line: string): string {
  let column = 0;
  return line.replaceAll(/\t|[^\t]+/g, (part) => {
    const text = part === "\t" ? " ".repeat(TAB_COLUMNS - (column % TAB_COLUMNS)) : part;
    column += [...text].length;
    return text;
  });
}
