/** What is undone at the end of a piece of work, however it ends. `await using` is not in Node 22 yet. */

/** What has an end: a container, a network, a server. */
type Ending = AsyncDisposable | { remove(): Promise<void> };

export interface Cleanup {
  /** Undone after everything that comes later. */
  use<Thing extends Ending>(thing: Thing): Thing;
}

const end = (thing: Ending): PromiseLike<void> => ('remove' in thing ? thing.remove() : thing[Symbol.asyncDispose]());

export async function withCleanup<Result>(work: (cleanup: Cleanup) => Promise<Result>): Promise<Result> {
  const used: Ending[] = [];
  try {
    return await work({
      use(thing) {
        used.unshift(thing);
        return thing;
      },
    });
  } finally {
    for (const thing of used) await end(thing);
  }
}
