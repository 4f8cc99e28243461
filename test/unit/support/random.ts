/** Random numbers that come again: a property that fails is printed with its seed. */

export interface Random {
  /** An integer from 0 up to below `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
  /** A string of up to `most` characters out of `alphabet`. */
  text(most: number, alphabet: string): string;
}

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const random: Random = {
    below: (limit) => Math.floor(next() * limit),
    pick: (list) => list[random.below(list.length)] as (typeof list)[number],
    text: (most, alphabet) => {
      const characters = [...alphabet];
      return Array.from({ length: random.below(most + 1) }, () => random.pick(characters)).join('');
    },
  };
  return random;
}
