/** What is compared: ways to start containers. One small interface, so that a suite knows none of them. */

/** So many of something, so many of them at a time. */
export interface Batch {
  count: number;
  atOnce: number;
}

/** Milliseconds. */
export interface Timing {
  /** From the first begin to the last end. */
  total: number;
  /** Each from its begin to its end. */
  samples: number[];
}

/** Something that can be timed, in this process or in another. */
export type Timed = (batch: Batch) => Promise<Timing>;

/** A way to start containers out of a Node program. What one cannot do is not there. */
export interface Environment {
  /** Run `true` in a new container, to its result. Gives for how many milliseconds the calls held the event loop. */
  launch(): Promise<number>;
  /** Start a container that stays; gives its first process's pid. */
  hold?(): Promise<number>;
  /** Run `true` in the first container that is held. */
  exec?(): Promise<void>;
  /** Start a container from another one's files, copied on write; it stays until `release()`. */
  clone?(): Promise<void>;
  /** End all that are held. */
  release(): Promise<void>;
  /** After the last `release()`: what was made for all of them goes. */
  close?(): Promise<void>;
  /** The command line of `launch()` for a shell; `@` stands for the container's name. */
  shell?(): string[];
}

/** Time `once` as a batch says. */
export async function timeBatch({ count, atOnce }: Batch, once: () => Promise<unknown>): Promise<Timing> {
  const samples: number[] = [];
  let left = count;
  const line = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const begun = performance.now();
      await once();
      samples.push(performance.now() - begun);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: atOnce }, line));
  return { total: performance.now() - begun, samples };
}
