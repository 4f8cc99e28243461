/** The same out of Node processes of different sizes: fork(2) copies page tables, and holds the event loop meanwhile. */
import type { EnvironmentName } from '../environments/names.ts';
import type { Heap } from '../worker/ballast.ts';
import type { Bench } from './section.ts';

export const HEAP_NAMES: Readonly<Record<Heap, string>> = {
  small: 'small process',
  objects: '1 GiB of objects',
  buffers: '1 GiB of Buffers',
};

export type Pace = 'back to back' | 'apart';
export const heapCondition = (heap: Heap, pace: Pace): string => `${HEAP_NAMES[heap]}, ${pace}`;

/** Two processes of 1 GiB, and what the collector needs beside them. */
export const HEAPS_MEMORY = 4 * 2 ** 30;

/** Those of this run. */
export const heapsOf = ({ size }: Bench): Heap[] =>
  size.objects ? ['small', 'objects', 'buffers'] : ['small', 'buffers'];

/** Other peers differ from crun in what they do themselves, not in what Node does for them. */
export const comparedByHeap = (names: readonly EnvironmentName[]): EnvironmentName[] =>
  names.filter((name) => name === 'cofferdam' || name === 'crun');
