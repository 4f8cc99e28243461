/** `container.stats()`: a snapshot to await, or a series of them to iterate. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stats } from './stats.ts';

export interface StatsSourceOptions {
  interval: number;
  signal: AbortSignal | undefined;
  /** @throws ERR_CONTAINER_STATE unless the container runs */
  read(): Stats;
  /** Resolves at the container's end. */
  ended: Promise<unknown>;
}

/** `await` gives one snapshot, `for await` one now and one after each interval, until the container ends. */
export class StatsSource implements PromiseLike<Stats>, AsyncIterable<Stats> {
  readonly #options: StatsSourceOptions;

  constructor(options: StatsSourceOptions) {
    this.#options = options;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is what makes `await container.stats()` work.
  then<Value = Stats, Other = never>(
    onSnapshot?: ((stats: Stats) => Value | PromiseLike<Value>) | null,
    onError?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    const { signal, read } = this.#options;
    return new Promise<Stats>((resolve) => {
      signal?.throwIfAborted();
      resolve(read());
    }).then(onSnapshot, onError);
  }

  /** @throws `signal.reason` when it is aborted */
  async *[Symbol.asyncIterator](): AsyncGenerator<Stats, void, void> {
    const { interval, signal, read, ended } = this.#options;
    let over = false;
    const waiting = new AbortController();
    const stop = () => waiting.abort();
    void ended.then(() => {
      over = true;
      stop();
    });
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (over) return;
        yield read();
        await sleep(interval, undefined, { signal: waiting.signal }).catch(() => {});
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }
}
