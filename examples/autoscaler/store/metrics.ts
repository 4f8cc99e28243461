/** What the store counts, as Prometheus reads it. By hand: a library would double the time that a cold replica takes. */

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

export class StoreMetrics {
  /** By method and status. */
  readonly #requests = new Map<string, number>();
  readonly #buckets: number[] = BOUNDS.map(() => 0);
  #seconds = 0;
  #count = 0;

  observe(method: string, status: number, seconds: number): void {
    const key = `method="${method}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    this.#seconds += seconds;
    this.#count++;
    BOUNDS.forEach((bound, i) => {
      if (seconds <= bound) this.#buckets[i] = (this.#buckets[i] ?? 0) + 1;
    });
  }

  text(waiting: number): string {
    return [
      '# HELP objectstore_requests_total Requests that were answered.',
      '# TYPE objectstore_requests_total counter',
      ...[...this.#requests].map(([key, value]) => `objectstore_requests_total{${key}} ${value}`),
      '# HELP objectstore_request_seconds From the request to the end of its answer, the wait for a token included.',
      '# TYPE objectstore_request_seconds histogram',
      ...BOUNDS.map((bound, i) => `objectstore_request_seconds_bucket{le="${bound}"} ${this.#buckets[i]}`),
      `objectstore_request_seconds_bucket{le="+Inf"} ${this.#count}`,
      `objectstore_request_seconds_sum ${this.#seconds}`,
      `objectstore_request_seconds_count ${this.#count}`,
      '# HELP objectstore_waiting_requests Requests that wait for a token.',
      '# TYPE objectstore_waiting_requests gauge',
      `objectstore_waiting_requests ${waiting}`,
      '',
    ].join('\n');
  }
}
