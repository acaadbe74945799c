/** Command lines in the docs, as words. */

/** The words of a line as a shell splits them: quotes, and nothing from a `#` that begins a word. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [token] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) {
    if (token.startsWith("#")) break;
    words.push(
      token.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""),
    );
  }
  return words;
}

/** The lines of a block that call toeplitz: what follows the prompt and the name. */
export const commandsIn = (text: string): string[] =>
  text.split("\n").flatMap((line) => /^(?:\$ )?toeplitz (.+)$/.exec(line)?.[1] ?? []);
