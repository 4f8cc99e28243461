/** Events as an async iterator: everything from the moment of the call on, in order, however slowly it is taken. */
import type { EventEmitter } from 'node:events';

/** Listeners of an emitter, by name; each makes of an event's arguments what is iterated. */
export type Converters<Event> = Readonly<Record<string, (...args: never[]) => Event>>;

/** Events that no emitter tells. @returns what ends it */
export type Source<Event> = (push: (event: Event) => void, fail: (error: unknown) => void) => () => void;

/**
 * @param more told as well; what it fails with is thrown after the events before it
 * @param last the event after which the iteration ends
 * @returns listens at once; stops with the iteration, or with `signal`, whose reason it throws
 */
export function eventStream<Event>(
  emitter: EventEmitter,
  converters: Converters<Event>,
  last: string,
  signal: AbortSignal | undefined,
  more?: Source<Event>,
): AsyncIterableIterator<Event> {
  const waiting: Event[] = [];
  // More than one next() may wait.
  const asleep: (() => void)[] = [];
  const wake = () => {
    for (const resolve of asleep.splice(0)) resolve();
  };
  let over = false;
  const listeners: (() => unknown)[] = Object.entries(converters).map(([name, convert]) => {
    const listener = (...args: never[]) => {
      waiting.push(convert(...args));
      if (name === last) over = true;
      wake();
    };
    emitter.on(name, listener as never);
    return () => emitter.off(name, listener as never);
  });
  let failure: { error: unknown } | undefined;
  const endMore = more?.(
    (event) => {
      waiting.push(event);
      wake();
    },
    (error) => {
      failure ??= { error };
      wake();
    },
  );
  if (endMore) listeners.push(endMore);
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = () => {
    over = true;
    for (const off of listeners.splice(0)) off();
    signal?.removeEventListener('abort', onAbort);
    wake();
  };
  return {
    async next(): Promise<IteratorResult<Event>> {
      for (;;) {
        if (signal?.aborted) {
          stop();
          throw signal.reason;
        }
        const value = waiting.shift();
        if (value !== undefined) return { done: false, value };
        if (failure) {
          stop();
          throw failure.error;
        }
        if (over) {
          stop();
          return { done: true, value: undefined };
        }
        await new Promise<void>((resolve) => asleep.push(resolve));
      }
    },
    async return(): Promise<IteratorResult<Event>> {
      waiting.length = 0;
      stop();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
