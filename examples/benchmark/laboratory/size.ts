/** How much is measured of what starts containers. */
import type { Choice } from '../suite.ts';

export interface Size {
  /** Rounds of everything compared. */
  rounds: number;
  /** Launches in a row, in each round. */
  batch: number;
  /** Launches of a throughput measurement; no fewer than at once. */
  burst: number;
  /** How many at once. */
  atOnce: readonly number[];
  /** Containers alive beside the ones measured, in this order; the first again at the end shows a drift. */
  alive: readonly number[];
  /** Launches for the event loop's share, one after the other and at once; peers hold it for half a minute. */
  blocking: { one: number; atOnce: number; peersAtOnce: number };
  /** Launches whose operations are averaged. */
  traces: number;
  /** Containers that are held to see what one of them takes. */
  held: number;
  /** 1 GiB of objects, too: beside Buffers it says little more. */
  objects: boolean;
}

const FULL = {
  rounds: 20,
  batch: 5,
  burst: 32,
  atOnce: [2, 8, 32],
  alive: [0, 100, 500, 0],
  blocking: { one: 100, atOnce: 200, peersAtOnce: 200 },
  traces: 200,
  held: 20,
  objects: true,
} as const satisfies Size;

/** Under two minutes, on a busy machine too. */
const QUICK = {
  rounds: 3,
  batch: 3,
  burst: 32,
  atOnce: [2, 8, 32],
  alive: [0, 100, 0],
  blocking: { one: 20, atOnce: 200, peersAtOnce: 0 },
  traces: 40,
  held: 10,
  objects: false,
} as const satisfies Size;

export function sizeOf({ quick, runs }: Choice): Size {
  const size = quick ? QUICK : FULL;
  return { ...size, rounds: runs ?? size.rounds };
}
