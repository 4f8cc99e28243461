/** The word that somebody probably meant. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to another. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const cost = from[i - 1] === to[j - 1] ? 0 : 1;
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[to.length] ?? 0;
}

/** A word that goes on where another ends is near: 'lowerdir' and 'lower'. */
const continues = (one: string, other: string): boolean =>
  one.length >= 3 && other.length >= 3 && (one.startsWith(other) || other.startsWith(one));

/** The one of `words` that is nearest to `word`, unless it is far: more than a third of its letters differ. */
export function closest(word: string, words: readonly string[]): string | undefined {
  // A name of unknown length is compared with every known one: no more work than a name can deserve.
  if (word.length > 40) return undefined;
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of words) {
    const [one, other] = [plain(word), plain(candidate)];
    const edits = Math.min(distance(one, other), continues(one, other) ? most : Number.POSITIVE_INFINITY);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}
