/** Pressure among the other events: watched in every run of a container, as long as its events are iterated. */
import type { PressureOptions } from '../cgroup/pressure.ts';
import type { Container } from '../container.ts';
import type { Source } from '../io/event-stream.ts';
import type { ContainerEvent } from './events.ts';

export const pressureSource =
  (container: Container, options: PressureOptions): Source<ContainerEvent> =>
  (push, fail) => {
    const over = new AbortController();
    const { signal: _, ...threshold } = options;
    const watch = async () => {
      // It may have ended while others heard of its start.
      if (container.pid === undefined) return;
      try {
        for await (const pressure of container.pressure({ ...threshold, signal: over.signal }))
          push({ type: 'pressure', resource: options.resource, pressure });
      } catch (error) {
        if (!over.signal.aborted) fail(error);
      }
    };
    container.on('start', watch);
    void watch();
    return () => {
      container.off('start', watch);
      over.abort();
    };
  };
