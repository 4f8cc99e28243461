/** The two tests of sysbench: their parameters, and why these. */
import type { Choice } from '../../suite.ts';

export interface SysbenchTest {
  readonly name: 'cpu' | 'fileio';
  /** Without the events' number. */
  words(choice: Choice): string[];
  /** It needs its files made before, in the directory in which it runs. */
  readonly files: boolean;
  /** Why these parameters. */
  readonly why: readonly string[];
}

/** Of fileio's files together. Quick runs take less to prepare. */
export const fileSize = ({ quick }: Choice): number => (quick ? 128 : 1024) * 2 ** 20;

export const TESTS: readonly SysbenchTest[] = [
  {
    name: 'cpu',
    words: () => ['sysbench', 'cpu', '--cpu-max-prime=20000', '--threads=1'],
    files: false,
    why: [
      'cpu: one thread, because a CPU is to be compared and not a scheduler; primes up to 20,000 make an event a few milliseconds long, so that the events’ own bookkeeping is less than a thousandth of it.',
    ],
  },
  {
    name: 'fileio',
    words: (choice) => [
      ...['sysbench', 'fileio', `--file-total-size=${fileSize(choice) / 2 ** 20}M`, '--file-num=16'],
      ...['--file-test-mode=rndrw', '--file-block-size=16384', '--file-io-mode=sync'],
      ...['--file-extra-flags=direct', '--file-fsync-freq=100', '--threads=1'],
    ],
    files: true,
    why: [
      'fileio: random reads and writes (3 to 2) of 16 KiB, the block of a data base, with fsync(2) after each 100; O_DIRECT, because 1 GiB of files would otherwise be in the cache after seconds, and memory be measured instead of the disk; one thread, so that a request’s latency is that of the path and not of a queue.',
    ],
  },
];
