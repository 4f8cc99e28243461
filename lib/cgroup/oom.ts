/** Kills for memory, told when they happen. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { native } from '../native.ts';
import type { Placement } from './placement.ts';
import { oomKills } from './usage.ts';

/** How a descriptor is watched; lib/launch/launcher.ts has it. */
export type WatchDescriptor = (
  descriptor: number,
  condition: 'readable' | 'exceptional',
  listener: () => void,
) => () => void;

/** v1 tells that memory has run out, which is shortly before the kill is counted: then it is looked at again so often. */
const LOOKS = 20;
const LOOK_AGAIN = 5;

/**
 * Watches the `oom_kill` counter of a container's memory cgroup: v2 notifies of changes of memory.events, v1 by an eventfd
 * on memory.oom_control (the kernel's memcg documentation, "OOM Control").
 */
export class OOMWatch {
  readonly #descriptors: number[] = [];
  #unwatch: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #kills = 0;
  #look = (_again: number): void => {};

  /** Kills that were told of. */
  get kills(): number {
    return this.#kills;
  }

  /** Whether there is anything to watch. */
  get counts(): boolean {
    return this.#descriptors.length > 0;
  }

  /** @param onKills hears how many there were since the last time. Without a memory cgroup there are none to hear of. */
  constructor(placement: Placement, watch: WatchDescriptor, onKills: (kills: number) => void) {
    const counter = oomKills(placement);
    if (!counter) return;
    const file = this.#keep(openSync(counter.file, 'r'));
    const count = () => counter.count(native().readDescriptors([file])[0] ?? null);
    this.#look = (again) => {
      const kills = count() - this.#kills;
      if (kills > 0) {
        this.#kills += kills;
        onKills(kills);
      } else if (again > 0) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#look, LOOK_AGAIN, again - 1).unref();
      }
    };
    try {
      if (counter.version === 2) {
        this.#unwatch = watch(file, 'exceptional', () => this.#look(0));
      } else {
        const event = this.#keep(native().eventfd());
        writeFileSync(`${counter.directory}/cgroup.event_control`, `${event} ${file}`);
        this.#unwatch = watch(event, 'readable', () => this.#look(LOOKS));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Tell what was killed before anybody watched. Not done by the constructor: who hears of it may ask for this watch. */
  begin(): void {
    this.#look(0);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unwatch?.();
    this.#unwatch = undefined;
    for (const descriptor of this.#descriptors.splice(0)) closeSync(descriptor);
  }

  #keep(descriptor: number): number {
    this.#descriptors.push(descriptor);
    return descriptor;
  }
}
