/** What a collection of garbage tells. */

/** One thing that was, or would be, undone. */
export interface Garbage {
  /** The journal that it was found in; of a detached container: its program, or its directory. */
  journal: string;
  /** What undoes it, as `plan()` prints operations. */
  undo: string[];
  /** Errors met on the way; empty when it is gone. */
  errors: string[];
}
