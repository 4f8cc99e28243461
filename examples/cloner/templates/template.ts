/** What a template is: how a root file system comes to be, and what its configuration says of it. */

export interface Made {
  /** Where it is: most often where it was wanted. */
  readonly rootfs: string;
  /** Lines for the configuration. */
  readonly config: readonly string[];
}

export interface Template {
  readonly summary: string;
  /** What it takes after `--`. */
  readonly usage: string;
  /**
   * @param rootfs Where the root file system is wanted; not there yet.
   * @param words What stands behind `--`.
   * @throws {UsageError} for words that it does not take
   */
  make(rootfs: string, words: readonly string[]): Promise<Made>;
}

/** An error that tells the user what to do, with no stack. */
export const failure = (message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code: 'ERR_TEMPLATE' });
