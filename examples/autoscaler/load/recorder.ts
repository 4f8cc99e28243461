/** What became of the requests: counts and latencies, in all and by the second. */
import { build, type Histogram } from 'hdr-histogram-js';
import type { Answer } from './client.ts';

/** Microseconds; three digits are right. */
const histogram = (digits: 2 | 3): Histogram =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: digits });

export const PERCENTILES = [50, 90, 99, 99.9, 100] as const;

/** One second of the load. */
export interface Second {
  /** Seconds since the beginning. */
  time: number;
  /** Requests whose time it was, answers that came, and failures of those requests. */
  offered: number;
  served: number;
  failed: number;
  /** Of the requests whose time it was, milliseconds. */
  p50: number;
  p95: number;
  p99: number;
}

export interface LoadResult {
  /** Requests in all. */
  requests: number;
  failed: number;
  /** Failures by their kind. */
  failures: Record<string, number>;
  /** Milliseconds by percentile, from the intended time to the end of the answer; of those that were answered. */
  latency: Record<string, number>;
  /** Milliseconds between the intended time of a request and when it was sent: the generator's own delay. */
  late: Record<string, number>;
  seconds: Second[];
  /** When each replica first answered: milliseconds since 1970. */
  firstServed: Record<string, number>;
}

interface Bin {
  offered: number;
  served: number;
  failed: number;
  latency: Histogram;
}

const milliseconds = (of: Histogram, percentile: number): number =>
  of.totalCount === 0 ? 0 : Math.round(of.getValueAtPercentile(percentile)) / 1000;

const table = (of: Histogram): Record<string, number> =>
  Object.fromEntries(PERCENTILES.map((percentile) => [`p${percentile}`, milliseconds(of, percentile)]));

export class Recorder {
  readonly #latency = histogram(3);
  readonly #late = histogram(3);
  readonly #bins = new Map<number, Bin>();
  readonly #failures = new Map<string, number>();
  readonly #firstServed = new Map<string, number>();
  #requests = 0;

  /** @param intended @param sent @param ended Milliseconds since the beginning. */
  record(intended: number, sent: number, ended: number, { kind, by }: Answer): void {
    this.#requests++;
    const bin = this.#bin(intended);
    bin.offered++;
    this.#late.recordValue(Math.max(0, (sent - intended) * 1000));
    if (kind === 'ok') {
      const latency = Math.max(1, (ended - intended) * 1000);
      this.#latency.recordValue(latency);
      bin.latency.recordValue(latency);
      this.#bin(ended).served++;
    } else {
      this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1);
      bin.failed++;
    }
    if (by !== undefined && !this.#firstServed.has(by)) this.#firstServed.set(by, Date.now());
  }

  result(): LoadResult {
    const failures = Object.fromEntries([...this.#failures].sort(([, a], [, b]) => b - a));
    return {
      requests: this.#requests,
      failed: Object.values(failures).reduce((sum, count) => sum + count, 0),
      failures,
      latency: table(this.#latency),
      late: table(this.#late),
      seconds: [...this.#bins]
        .sort(([a], [b]) => a - b)
        .map(([time, { latency, ...counts }]) => ({
          time,
          ...counts,
          p50: milliseconds(latency, 50),
          p95: milliseconds(latency, 95),
          p99: milliseconds(latency, 99),
        })),
      firstServed: Object.fromEntries(this.#firstServed),
    };
  }

  #bin(time: number): Bin {
    const second = Math.floor(time / 1000);
    let bin = this.#bins.get(second);
    if (!bin) {
      bin = { offered: 0, served: 0, failed: 0, latency: histogram(2) };
      this.#bins.set(second, bin);
    }
    return bin;
  }
}
