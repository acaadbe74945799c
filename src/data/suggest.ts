/** "did you mean": the known word nearest to one that is unknown. */

/** The nearest of `words` within two edits (fewer for short words), ignoring case and punctuation; null if none is near. */
function nearest(word: string, words: readonly string[]): string | null {
  const plain = (s: string): string => s.toLowerCase().replace(/[^a-z0-9]/g, "");
  const ranked = words
    .map((known) => ({ known, edits: distance(plain(word), plain(known)) }))
    .sort((a, b) => a.edits - b.edits);
  const most = Math.min(2, Math.floor(plain(word).length / 2));
  return ranked.length > 0 && ranked[0].edits <= most ? ranked[0].known : null;
}

/** `NAME; it is one of A, B` with a suggestion where one is near. */
export function unknownWord(what: string, word: string, words: readonly string[]): string {
  const near = nearest(word, words);
  const hint = near === null ? "" : ` (did you mean ${near}?)`;
  return `${what} ${JSON.stringify(word)} is unknown${hint}; it is one of ${words.join(", ")}`;
}

/** Edits from one word to the other: insert, delete, replace, swap neighbours. */
function distance(a: string, b: string): number {
  const at: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    at.push([]);
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) at[i].push(i + j);
      else {
        const replaced = at[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
        const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
        const swapped = swap ? at[i - 2][j - 2] + 1 : Infinity;
        at[i].push(Math.min(at[i - 1][j] + 1, at[i][j - 1] + 1, replaced, swapped));
      }
    }
  }
  return at[a.length][b.length];
}
