// What the benches ask, and what is the right answer to it: each call has its own, so that mixing them up shows.

export function question(index: number): string {
  return `What is the code of item ${index}?`;
}

export function rightAnswer(index: number): string {
  return `code-${index}`;
}

/** In the chat layout, which typed calls are read in. */
export function answerTo(prompt: string): string {
  const index = /item (\d+)\?/.exec(prompt)?.[1] ?? "unknown";
  return `[[ ## answer ## ]]\ncode-${index}\n\n[[ ## completed ## ]]`;
}
