/** "did you mean": the known word nearest to one that is unknown. */

/** The nearest of `words` within two edits (fewer for short words), ignoring case and punctuation; null if none is near. */
export function nearest(word: string, words: readonly string[]): string | null {
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

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
