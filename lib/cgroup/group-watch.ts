/** What a v2 cgroup tells of its processes, by cgroup.events (cgroups(7)): whether there are any, whether all are frozen. */
import { closeSync, openSync } from 'node:fs';
import { native } from '../native.ts';
import type { WatchDescriptor } from './oom.ts';

type Told = (event: 'frozen' | 'thawed' | 'empty') => void;

const flag = (text: string, name: string): boolean | undefined => {
  const value = new RegExp(`^${name} ([01])$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : value === '1';
};

/** The kernel notifies at most once in 10 ms and has no history: of what came and went in between nothing is told. */
export class GroupWatch {
  readonly #file: number;
  readonly #unwatch: () => void;
  readonly #told: Told;
  #frozen = false;
  #empty = false;

  constructor(directory: string, watch: WatchDescriptor, told: Told) {
    this.#told = told;
    this.#file = openSync(`${directory}/cgroup.events`, 'r');
    try {
      this.#unwatch = watch(this.#file, 'exceptional', () => this.#look());
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Tell what is so already. Not done by the constructor: who hears of it may ask for this watch. */
  begin(): void {
    this.#look();
  }

  #look(): void {
    // Null once the cgroup is removed.
    const text = native().readDescriptors([this.#file])[0] ?? '';
    const frozen = flag(text, 'frozen') ?? this.#frozen;
    if (frozen !== this.#frozen) {
      this.#frozen = frozen;
      this.#told(frozen ? 'frozen' : 'thawed');
    }
    if (flag(text, 'populated') === false) this.empty();
  }

  /** Told once; also by who knows that the container has ended. */
  empty(): void {
    if (this.#empty) return;
    this.#empty = true;
    this.#told('empty');
  }

  close(): void {
    this.#unwatch();
    closeSync(this.#file);
  }
}
