/** What the controller decided and what happened to it, as a person reads it: why there are as many replicas as there are. */
import { appendFileSync } from 'node:fs';

export type EntryKind =
  /** Another number of replicas is wanted. */
  | 'scale'
  /** A replica was chosen, serves, drains, is gone. */
  | 'replica'
  /** Something died, hangs, or was put right. */
  | 'fault'
  | 'policy'
  | 'controller';

export interface Entry {
  /** Milliseconds since 1970. */
  date: number;
  kind: EntryKind;
  text: string;
  /** What programs want of it. */
  details?: Record<string, unknown>;
}

/** Entries that are kept in memory, for those who ask. */
const KEPT = 500;

export class Journal {
  readonly #path: string | undefined;
  readonly #entries: Entry[] = [];
  readonly #listeners = new Set<(entry: Entry) => void>();

  /** @param path Of a file with one entry a line, to which it is added. */
  constructor(path?: string) {
    this.#path = path;
  }

  write(kind: EntryKind, text: string, details?: Record<string, unknown>): void {
    const entry: Entry = { date: Date.now(), kind, text, ...(details && { details }) };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
    for (const listener of this.#listeners) listener(entry);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** @returns what ends it */
  listen(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
