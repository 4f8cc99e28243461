/**
 * The life of a container: where it is in it, what runs, and what is under way. Plain facts, which the files of this room
 * act upon, one file an act: starting, executing, pausing, updating, watching, ending.
 */
import type { EventEmitter } from 'node:events';
import type { Placement } from '../cgroup/placement.ts';
import type { StatsReader } from '../cgroup/stats-reader.ts';
import type { Watches } from '../cgroup/watches.ts';
import { createError } from '../errors.ts';
import type { ExitStatus } from '../launch/outcome.ts';
import { placementOf } from '../launch/placement.ts';
import type { Process } from '../launch/process.ts';
import type { Turn } from '../launch/turns.ts';
import type { Attachment } from '../network/attach.ts';
import type { NormalizedContainer } from '../options/index.ts';
import type { NamespaceHolder } from '../options/types.ts';
import { type LaunchNames, randomName } from '../program/names.ts';
import type { LaunchTrace } from '../program/trace.ts';
import { type ContainerEvents, type ContainerState, EVENTS } from './events.ts';

/** The container as its user sees it: it tells the events, and others join its namespaces. */
export type Owner = EventEmitter<ContainerEvents> & NamespaceHolder;

export class Life {
  readonly id: string;
  /** Never changed, but replaced by `update()`: launches with the same object are of one kind. */
  options: NormalizedContainer;
  /** Ends each of its launches. */
  readonly signal: AbortSignal | undefined;
  readonly container: Owner;

  /** How far this program has brought it. */
  stage: ContainerState = 'created';
  /** The first process that this program has started last. */
  first: Process | undefined;
  /** Before the launch, while others are under way. */
  waiting: { begun: Promise<Process>; cancel: Turn['cancel'] } | undefined;
  /** Signals that were sent meanwhile. */
  early: number[] = [];
  /** kill() or remove() was called since the last start. */
  killed = false;
  readonly execs = new Set<Process>();
  /** A pause that is under way. */
  pausing: Promise<void> | undefined;
  /** An update that is under way: processes are neither started nor paused meanwhile. */
  updating: Promise<void> | undefined;

  /** What its networks gave the last launch. */
  attachment: Attachment | undefined;
  /** Decodes the last launch's records; most launches are never asked. */
  trace: (() => LaunchTrace) | undefined;
  /** Of the last launch that has ended, for memory. */
  oomKills = 0;
  #names: LaunchNames | undefined;
  #placed: Placement | undefined;

  /** Opened when somebody asks. */
  reader: StatsReader | undefined;
  /** While it runs and somebody listens. */
  watches: Watches | undefined;

  constructor(id: string, options: NormalizedContainer, signal: AbortSignal | undefined, container: Owner) {
    this.id = id;
    this.options = options;
    this.signal = signal;
    this.container = container;
  }

  get state(): ContainerState {
    return this.stage;
  }

  /** The first process since the last start. */
  get process(): Process | undefined {
    return this.first;
  }

  /** It has processes, frozen or not. */
  get isAlive(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  get pid(): number | undefined {
    return this.isAlive ? this.process?.pid : undefined;
  }

  /** @throws ERR_CONTAINER_STATE before its first start */
  get exited(): Promise<ExitStatus> {
    if (this.waiting) return this.waiting.begun.then(({ exited }) => exited, never);
    const { process } = this;
    if (!process) throw this.wrongState('wait for', 'started');
    return process.exited;
  }

  /** What the last launch called what it made. */
  get names(): LaunchNames | undefined {
    return this.#names;
  }

  set names(names: LaunchNames | undefined) {
    this.#names = names;
    this.#placed = undefined;
  }

  newNames(): LaunchNames {
    return { id: this.id, nonce: randomName() };
  }

  /** Where the container's cgroups are. Most launches are never asked. */
  get placement(): Placement | undefined {
    if (this.#names) this.#placed ??= placementOf(this.options, this.#names);
    return this.#placed;
  }

  /** It has cgroups that it had not when it was launched. */
  set placement(placement: Placement) {
    this.#placed = placement;
  }

  /** A pause or its end, for who else wants to know. */
  becomes(state: 'paused' | 'running'): void {
    this.stage = state;
  }

  /** Calls back after each change of the state; returns what ends it. */
  onChange(changed: () => void): () => void {
    const names = Object.keys(EVENTS) as (keyof ContainerEvents)[];
    for (const name of names) this.container.on(name, changed);
    return () => {
      for (const name of names) this.container.off(name, changed);
    };
  }

  /** While somebody iterates its events: have those told that another program causes. Returns what ends it. */
  hear(): () => void {
    return () => {};
  }

  /** @throws ERR_CONTAINER_STATE */
  need(state: ContainerState, action: string): void {
    if (this.state !== state) throw this.wrongState(action, state);
  }

  wrongState(action: string, needed: string): Error {
    return createError('ERR_CONTAINER_STATE', { action, id: this.id, state: this.state, needed });
  }
}

const never = (): Promise<never> => new Promise(() => {});
