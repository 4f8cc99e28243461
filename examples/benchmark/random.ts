/** Random numbers that come again: the seed stands in the results, so that an order or an interval can be had once more. */

export interface Random {
  /** From 0 up to below 1. */
  next(): number;
  /** An integer from 0 up to below `limit`. */
  below(limit: number): number;
  /** A copy in random order. */
  shuffled<T>(list: readonly T[]): T[];
}

/** xorshift32 after a scrambled seed: a few operations, good enough to order and to resample. */
export function seeded(seed: number): Random {
  // Seeds that are near each other must not begin alike, and 0 is the one state that never changes.
  let state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const shuffled = <T>(list: readonly T[]): T[] => {
    const copy = [...list];
    for (let last = copy.length - 1; last > 0; last--) {
      const other = below(last + 1);
      [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
    }
    return copy;
  };
  return { next, below, shuffled };
}
