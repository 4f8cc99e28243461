/** The events of a container that its cgroups tell. Each is watched from the moment on that somebody listens. */
import { GroupWatch } from './group-watch.ts';
import { OOMWatch, type WatchDescriptor } from './oom.ts';
import type { Placement } from './placement.ts';

export interface CgroupEvents {
  /** The kernel killed so many of its processes for memory; needs a `memory` limit. Comes before `exit`. */
  oom: [kills: number];
  /** All its processes are held still, by `pause()` or by anybody else. */
  frozen: [];
  thawed: [];
  /** Its last process is gone. Comes before `exit`. */
  empty: [];
}

export type CgroupEvent = keyof CgroupEvents;

export const CGROUP_EVENTS: readonly CgroupEvent[] = ['oom', 'frozen', 'thawed', 'empty'];

/** What tells of each. */
const SOURCES: Readonly<Record<CgroupEvent, 'memory' | 'group'>> = {
  oom: 'memory',
  frozen: 'group',
  thawed: 'group',
  empty: 'group',
};

type Emit = <Event extends CgroupEvent>(event: Event, ...details: CgroupEvents[Event]) => void;

export class Watches {
  #placement: Placement;
  readonly #watch: WatchDescriptor;
  readonly #emit: Emit;
  #memory: OOMWatch | undefined;
  #group: GroupWatch | undefined;

  constructor(placement: Placement, watch: WatchDescriptor, emit: Emit) {
    this.#placement = placement;
    this.#watch = watch;
    this.#emit = emit;
  }

  /** Watch what tells of an event, unless it is watched. */
  want(event: CgroupEvent): void {
    try {
      if (SOURCES[event] === 'memory') this.#wantMemory();
      else this.#wantGroup();
    } catch (error) {
      // It has just ended, and its cgroups are removed: end() will tell.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
    }
  }

  #wantMemory(): void {
    if (this.#memory) return;
    this.#memory = new OOMWatch(this.#placement, this.#watch, (kills) => this.#emit('oom', kills));
    this.#memory.begin();
  }

  #wantGroup(): void {
    const { group } = this.#placement;
    if (this.#group || group?.hierarchy.version !== 2) return;
    this.#group = new GroupWatch(group.path, this.#watch, (each) => this.#emit(each));
    this.#group.begin();
  }

  /** This program froze or thawed it: told here where the kernel, which is v1's, does not. */
  froze(event: 'frozen' | 'thawed'): void {
    if (!this.#group) this.#emit(event);
  }

  /** It has cgroups that it had not. What was counted so far is not told again. */
  moved(placement: Placement): void {
    this.#placement = placement;
    if (!this.#memory || this.#memory.counts) return;
    this.#memory.close();
    this.#memory = undefined;
    this.want('oom');
  }

  /** @param kills for memory, all of them: those that the watch did not see in time are told now */
  end(kills: number): void {
    const missed = kills - (this.#memory?.kills ?? 0);
    if (missed > 0) this.#emit('oom', missed);
    if (this.#group) this.#group.empty();
    else this.#emit('empty');
    this.#memory?.close();
    this.#group?.close();
  }
}
