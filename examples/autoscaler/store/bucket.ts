/** The limit of the store's rate: a token bucket that lets requests wait, up to a number of them. */

export interface BucketOptions {
  /** Tokens a second. */
  rate: number;
  /** Tokens that an idle bucket collects. At least 1. */
  burst: number;
  /** Most requests that wait for one. */
  queue: number;
}

/**
 * Tokens are handed out ahead: the balance may be negative by as much as there are requests waiting, and a request is told
 * how long it waits for its own. So nobody is served before his turn, and there is no timer but the requests' own.
 */
export class TokenBucket {
  readonly #options: BucketOptions;
  #tokens: number;
  /** Milliseconds, of the last change. */
  #at: number;

  constructor(options: BucketOptions, now: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = now;
  }

  /** Milliseconds until this request's token is there, 0 for at once; undefined when as many wait as may. */
  take(now: number): number | undefined {
    this.#fill(now);
    if (this.#tokens - 1 < -this.#options.queue) return undefined;
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#options.rate) * 1000;
  }

  /** Requests that wait at a moment. */
  waiting(now: number): number {
    this.#fill(now);
    return Math.max(0, Math.ceil(-this.#tokens));
  }

  /** Seconds until one more may wait, for Retry-After: whole, at least 1. */
  retryAfter(now: number): number {
    this.#fill(now);
    return Math.max(1, Math.ceil((-this.#tokens + 1 - this.#options.queue) / this.#options.rate));
  }

  #fill(now: number): void {
    const { rate, burst } = this.#options;
    // A clock that was set back gives nothing.
    const elapsed = Math.max(0, now - this.#at);
    this.#tokens = Math.min(burst, this.#tokens + (elapsed / 1000) * rate);
    this.#at = now;
  }
}
