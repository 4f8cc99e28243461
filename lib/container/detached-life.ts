/**
 * The life of a detached container. What is true of it is asked of the state directory each time, since any program may
 * start, stop or remove it meanwhile; what this program keeps is the run that it knows last.
 */
import { closeSync, utimesSync } from 'node:fs';
import { isFrozen } from '../cgroup/freezer.ts';
import { forThisUser } from '../launch/for-this-user.ts';
import { prepareLaunch } from '../launch/prepare.ts';
import type { Process } from '../launch/process.ts';
import { type NormalizedDetached, normalizeContainerOptions, normalizeStartOptions } from '../options/index.ts';
import { placesOf } from '../state/places.ts';
import { type LaunchRecord, readLaunch } from '../state/records.ts';
import {
  type Condition,
  conditionBy,
  conditionOf,
  openStatus,
  readStatus,
  type Status,
  statusOf,
} from '../state/status.ts';
import { ended } from './end.ts';
import type { ContainerState } from './events.ts';
import { Followed } from './followed.ts';
import { Life } from './life.ts';
import { requestLaunch } from './request.ts';
import { isThere } from './traces.ts';
import { watchStates } from './wait.ts';

/** Of one run: who watches over it, and its first process as this program sees it. */
interface Run {
  key: string;
  process: Process;
}

const keyOf = ({ monitor: { pid, start } }: Status): string => `${pid}:${start}`;

export class DetachedLife extends Life {
  /** Of the present or the last run. */
  record: LaunchRecord | undefined;
  #run: Run | undefined;
  #removed = false;
  /** A start of this program's is under way, which it tells itself. */
  launching = false;

  get detached(): NormalizedDetached {
    return this.options.detached as NormalizedDetached;
  }

  get condition(): Condition {
    return conditionOf(this.id);
  }

  override get state(): ContainerState {
    const { state } = this.condition;
    if (state === 'created' || state === 'stopped') return isThere(this.id) ? state : 'removed';
    if (state !== 'running') return state;
    this.adopt(readLaunch(this.id));
    return this.#isFrozen() ? 'paused' : 'running';
  }

  override get pid(): number | undefined {
    const { state, status } = this.condition;
    return state === 'running' ? status?.first.pid : undefined;
  }

  /** Of the present run, or of the last one that this program has seen. */
  override get process(): Process | undefined {
    const descriptor = openStatus(this.id);
    if (descriptor === undefined) return this.#run?.process;
    const status = readStatus(descriptor);
    const run = status && conditionBy(status).state !== 'stopped' && keyOf(status) !== this.#run?.key;
    if (run) this.#follow(status, descriptor);
    else closeSync(descriptor);
    return this.#run?.process;
  }

  /** Of the present run, or of the last one, whoever started it: of one that has ended, it tells how. */
  get latestProcess(): Process | undefined {
    const { process } = this;
    const descriptor = openStatus(this.id);
    if (descriptor === undefined) return process;
    const status = readStatus(descriptor);
    if (!status || keyOf(status) !== this.#run?.key) {
      this.adopt(readLaunch(this.id));
      return this.#attachTo(descriptor, 0);
    }
    closeSync(descriptor);
    return process;
  }

  /** Options and names of a run, by which its cgroups are found. */
  adopt(record: LaunchRecord | undefined): void {
    if (!record || record.nonce === this.record?.nonce) return;
    this.record = record;
    this.options = forThisUser(normalizeContainerOptions({ ...record.options, name: this.id }).container);
    this.names = { id: this.id, nonce: record.nonce, given: record.given };
  }

  /** This program has started it. */
  started(process: Process): void {
    const status = statusOf(this.id);
    this.#runs({ key: status ? keyOf(status) : '', process });
    this.launching = false;
    this.container.emit('start', process.pid as number);
  }

  override becomes(): void {
    // The kernel knows. Who watches the status is to look again.
    const now = new Date();
    utimesSync(placesOf(this.id).status, now, now);
  }

  override onChange(changed: () => void): () => void {
    return watchStates((name) => {
      if (name === this.id) changed();
    });
  }

  /** Starts and the removal by others, for who iterates its events; the end of a run is told by its process. */
  override hear(): () => void {
    return watchStates((name) => name === this.id && this.#look(), { persistent: false });
  }

  #look(): void {
    if (this.launching) return;
    const { state } = this;
    if (state === 'removed') void this.#lastWord().then(() => this.tellRemoved());
    if (state !== 'running') return;
    const before = this.#run;
    const { pid } = this;
    if (this.process !== before?.process && pid !== undefined) this.container.emit('start', pid);
  }

  /** The end of a run that is known is told before the removal. */
  async #lastWord(): Promise<void> {
    await this.#run?.process.exited;
  }

  /** Once, whoever has removed it. */
  tellRemoved(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.container.emit('remove');
  }

  #runs(run: Run): void {
    this.#run = run;
    void run.process.exited.then((status) => ended(this, status));
  }

  #follow(status: Status, descriptor: number): void {
    this.adopt(readLaunch(this.id));
    this.#runs({ key: keyOf(status), process: this.#attachTo(descriptor, status.first.pid) });
  }

  /** A process that goes already, or has ended: it is heard of, not launched. */
  #attachTo(descriptor: number, pid: number): Process {
    const start = normalizeStartOptions(['true'], {}, this.options.defaults);
    const none = { program: new Uint8Array(), undo: undefined, atExit: undefined, exitFiles: [] };
    const prepared = prepareLaunch(this.options, start, [], this.names ?? this.newNames(), 0);
    return requestLaunch(this, { ...prepared, ...none }, start, [], (_request, listener) => {
      const followed = new Followed(descriptor, listener);
      setImmediate(() => listener({ type: 'started', pid, records: new Uint8Array() }));
      return followed;
    });
  }

  #isFrozen(): boolean {
    const group = this.placement?.group;
    try {
      return group !== undefined && isFrozen({ path: group.path, version: group.hierarchy.version });
    } catch {
      // Its end is under way.
      return false;
    }
  }
}
