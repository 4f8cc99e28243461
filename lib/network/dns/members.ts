/** Who is in a network and what they are called: what the leases on record say, read again when they change. */
import { statSync, watch } from 'node:fs';
import { leasesDirectory } from '../paths.ts';
import { readLeases } from '../pool.ts';
import type { NetworkRecord } from '../record.ts';
import { Subnet } from '../subnet.ts';
import { type Directory, directoryOf, type Member } from './names.ts';

/** What the leases of a network say now. */
export function readMembers(record: NetworkRecord): Member[] {
  const subnet = Subnet.parse(record.subnet) as Subnet;
  const subnet6 = record.subnet6 === undefined ? undefined : (Subnet.parse(record.subnet6) as Subnet);
  return readLeases(record.name).map(({ address, names }) => {
    const offset = subnet.offsetOf(address);
    const second = subnet6 && offset !== undefined ? [subnet6.at(offset)] : [];
    return { addresses: [address, ...second], names };
  });
}

/** Kept, as long as nothing says that it is no longer so. */
export class Members implements Disposable {
  readonly #record: NetworkRecord;
  readonly #watcher: ReturnType<typeof watch>;
  #known: { directory: Directory; count: number; changed: bigint } | undefined;

  /** @param onChange is called after each change, and when the directory is gone */
  constructor(record: NetworkRecord, onChange: () => void) {
    this.#record = record;
    this.#watcher = watch(leasesDirectory(record.name), () => {
      this.#known = undefined;
      onChange();
    });
    this.#watcher.on('error', onChange);
  }

  get directory(): Directory {
    return this.#read().directory;
  }

  /** Leases of containers. */
  get count(): number {
    return this.#read().count;
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  /** A change is told of a moment after it was made: the directory's own time is asked as well. */
  #read() {
    const changed =
      statSync(leasesDirectory(this.#record.name), { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? 0n;
    if (this.#known?.changed === changed) return this.#known;
    const members = readMembers(this.#record);
    this.#known = { directory: directoryOf(members, this.#record.name), count: members.length, changed };
    return this.#known;
  }
}
