/** How much is measured. */

export interface Size {
  /** Rounds of everything compared. */
  rounds: number;
  /** Launches in a row, in each round. */
  batch: number;
  /** Launches of a throughput measurement. */
  burst: number;
  /** Containers alive beside the ones measured, in this order; the first again at the end shows a drift. */
  alive: readonly number[];
  /** Launches for the event loop's share, one after the other and at once; peers hold it for half a minute. */
  blocking: { one: number; atOnce: number; peersAtOnce: number };
  /** Launches whose operations are averaged. */
  traces: number;
}

const FULL = {
  rounds: 20,
  batch: 10,
  burst: 40,
  alive: [1, 100, 1000, 1],
  blocking: { one: 100, atOnce: 200, peersAtOnce: 200 },
  traces: 200,
} as const satisfies Size;

/** Under two minutes, on a busy machine too. */
const QUICK = {
  rounds: 4,
  batch: 5,
  burst: 16,
  alive: [1, 100, 1],
  blocking: { one: 20, atOnce: 200, peersAtOnce: 0 },
  traces: 40,
} as const satisfies Size;

export function sizeOf(quick: boolean, rounds?: number): Size {
  const size = quick ? QUICK : FULL;
  return { ...size, rounds: rounds ?? size.rounds };
}
