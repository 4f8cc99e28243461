/** Reads what a container uses: files that stay open, so that a snapshot is one call of the addon. */
import { closeSync, openSync } from 'node:fs';
import { native } from '../native.ts';
import { nameIn } from './controller.ts';
import { giveBack, take } from './kept-descriptors.ts';
import type { Place, Placement } from './placement.ts';
import { parseStats, type Stats, type Texts } from './stats.ts';

/** Files of a place, by the controller that has them; v2's core files are in every cgroup. */
const V1_FILES: Readonly<Record<string, readonly string[]>> = {
  cpu: ['cpu.stat'],
  memory: [
    'memory.usage_in_bytes',
    'memory.max_usage_in_bytes',
    'memory.limit_in_bytes',
    'memory.stat',
    'memory.kmem.usage_in_bytes',
  ],
  pids: ['pids.current', 'pids.max'],
  blkio: ['blkio.throttle.io_service_bytes_recursive', 'blkio.throttle.io_serviced_recursive'],
};
const V2_FILES = [
  'cpu.stat',
  'cpu.pressure',
  'memory.current',
  'memory.peak',
  'memory.max',
  'memory.stat',
  'memory.swap.current',
  'memory.pressure',
  'pids.current',
  'pids.max',
  'io.stat',
  'io.pressure',
];

/** A file, and its name in Texts. */
interface Source {
  name: string;
  path: string;
}

function filesOf(place: Place): Source[] {
  if (place.hierarchy.version === 2)
    return V2_FILES.map((file) => ({ name: `unified/${file}`, path: `${place.path}/${file}` }));
  return place.controllers.flatMap((controller) => {
    const name = nameIn(controller, 1);
    return (V1_FILES[name] ?? []).map((file) => ({ name: `${name}/${file}`, path: `${place.path}/${file}` }));
  });
}

/** A kernel without it, or a controller that is not enabled here: what it would tell is undefined. Also a container's end. */
const ABSENT = new Set(['ENOENT', 'ENODEV', 'EACCES', 'EOPNOTSUPP', 'ESRCH']);

export class StatsReader {
  /** Those that there are. */
  #sources: Source[];
  #kept: number[] | undefined;

  /** @param pid of a process in the container's network namespace; none: the namespace is not the container's own */
  constructor(placement: Placement, pid: number | undefined) {
    this.#sources = placement.places.flatMap(filesOf);
    if (pid !== undefined) this.#sources.push({ name: 'network/dev', path: `/proc/${pid}/net/dev` });
    const opened = this.#open();
    if (take(opened.length)) this.#kept = opened;
    else for (const descriptor of opened) closeSync(descriptor);
  }

  #open(): number[] {
    const descriptors: number[] = [];
    this.#sources = this.#sources.filter(({ path }) => {
      try {
        descriptors.push(openSync(path, 'r'));
        return true;
      } catch (error) {
        if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return false;
        for (const descriptor of descriptors) closeSync(descriptor);
        throw error;
      }
    });
    return descriptors;
  }

  read(): Stats {
    const descriptors = this.#kept ?? this.#open();
    const texts: Texts = Object.create(null);
    try {
      native()
        .readDescriptors(descriptors)
        .forEach((text, index) => {
          if (text !== null) texts[(this.#sources[index] as Source).name] = text;
        });
    } finally {
      if (!this.#kept) for (const descriptor of descriptors) closeSync(descriptor);
    }
    return parseStats(texts, Date.now());
  }

  close(): void {
    giveBack(this.#kept?.length ?? 0);
    for (const descriptor of this.#kept?.splice(0) ?? []) closeSync(descriptor);
    this.#kept = undefined;
    this.#sources = [];
  }
}
