/** `Container`: what can be done with a container. How each is done is in lib/container/, one file an act. */
import { EventEmitter } from 'node:events';
import { openSync } from 'node:fs';
import type { Placement } from './cgroup/placement.ts';
import { type PressureOptions, pressureEvents } from './cgroup/pressure.ts';
import type { Pressure } from './cgroup/stats.ts';
import type { StatsSource } from './cgroup/stats-source.ts';
import { watchAsked } from './container/cgroup-events.ts';
import { kill, remove, stop } from './container/end.ts';
import { type ContainerEvent, type ContainerEvents, type ContainerState, EVENTS } from './container/events.ts';
import { launchFirst } from './container/first-process.ts';
import { launchFurther } from './container/further-process.ts';
import { Life } from './container/life.ts';
import { pause, resume } from './container/pause.ts';
import { planOf } from './container/plan.ts';
import { pressureSource } from './container/pressure-watch.ts';
import { collect } from './container/streams.ts';
import { update } from './container/update.ts';
import { statsOf } from './container/usage.ts';
import { type WaitOptions, waitUntil } from './container/wait.ts';
import type { openContainer } from './create.ts';
import { eventStream } from './io/event-stream.ts';
import { forThisUser } from './launch/for-this-user.ts';
import { watchDescriptor } from './launch/launcher.ts';
import { NAMESPACES } from './launch/namespaces.ts';
import type { ExitStatus, RunResult } from './launch/outcome.ts';
import { type Process, signalNumber } from './launch/process.ts';
import { type ProcessInfo, processTable } from './launch/ps.ts';
import { type PublishedPort, publishedPorts } from './network/attach.ts';
import { addressesOf } from './network/inside.ts';
import {
  type NormalizedContainer,
  normalizeContainerOptions,
  normalizeEventsOptions,
  normalizeIpsOptions,
  normalizePressureOptions,
  normalizeRunOptions,
  normalizeStartOptions,
} from './options/index.ts';
import type {
  ContainerOptions,
  NamespaceHolder,
  NamespaceName,
  ResourcesOption,
  RunOptions,
  StartOptions,
} from './options/types.ts';
import type { PlanEntry } from './program/explain.ts';
import type { LaunchTrace } from './program/trace.ts';

/**
 * A container: an isolated, resource-limited process tree. Made by `createContainer()`; nothing lasting exists on the
 * machine before `start()` or `run()`, nor after the end of its first process.
 */
export class Container extends EventEmitter<ContainerEvents> implements NamespaceHolder, AsyncDisposable {
  /** Unique among the containers that are alive. */
  readonly id: string;
  readonly #life: Life;

  /**
   * A detached container by its name, whichever program made it.
   * @throws ERR_NO_SUCH_CONTAINER
   */
  static open: typeof openContainer;

  /** Use `createContainer()`. */
  constructor(options: ContainerOptions) {
    super();
    const { id, container, signal } = normalizeContainerOptions(options);
    this.id = id;
    this.#life = this.newLife(forThisUser(container), signal);
  }

  /** A detached one has a life of another kind. */
  protected newLife(options: NormalizedContainer, signal: AbortSignal | undefined): Life {
    return new Life(this.id, options, signal, this);
  }

  protected get life(): Life {
    return this.#life;
  }

  /** Where the container is in its life. */
  get state(): ContainerState {
    return this.#life.state;
  }

  /** The first process's pid in this program's pid namespace; undefined unless it runs. */
  get pid(): number | undefined {
    return this.#life.pid;
  }

  /** The first process since the last `start()`. */
  get process(): Process | undefined {
    return this.#life.process;
  }

  /** The end of the first process. Never rejects; see `Process.exited`. @throws ERR_CONTAINER_STATE before `start()` */
  get exited(): Promise<ExitStatus> {
    return this.#life.exited;
  }

  /** When each operation of the last launch ran, and what it returned. Undefined before the first. */
  get launchTrace(): LaunchTrace | undefined {
    return this.#life.trace?.();
  }

  /**
   * Start `command` as the container's first process (PID 1). Resolves when it was executed.
   * @throws ERR_COMMAND_NOT_FOUND, ERR_COMMAND_NOT_EXECUTABLE, ERR_NO_SUCH_USER, ERR_CWD, a system error that names the
   *   operation, or `signal.reason`; then nothing is left behind and the container can be started again
   */
  async start(command: readonly string[], options: StartOptions = {}): Promise<Process> {
    return launchFirst(this.#life, normalizeStartOptions(command, options, this.#life.options.defaults));
  }

  /**
   * Start `command`, collect its output, and resolve with what became of it: a non-zero exit status is a result, not an
   * error. One launch, one promise: the quickest way to use a container.
   * @throws as `start()`; ERR_OUTPUT_EXCEEDED; `signal.reason` when aborted
   */
  async run(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.#life.options.defaults);
    return collect(await launchFirst(this.#life, run), run);
  }

  /**
   * Run `command` in the running container and collect its output, as `run()` does.
   * @throws ERR_CONTAINER_STATE unless it runs; as `run()`
   */
  async exec(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async exec(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async exec(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.#life.options.defaults);
    return collect(await launchFurther(this.#life, run), run);
  }

  /**
   * Start `command` in the running container; as `start()`, with streams or a terminal.
   * @throws ERR_CONTAINER_STATE unless it runs; as `start()`
   */
  async spawn(command: readonly string[], options: StartOptions = {}): Promise<Process> {
    return launchFurther(this.#life, normalizeStartOptions(command, options, this.#life.options.defaults));
  }

  /**
   * Send a signal to the first process; default SIGKILL, which ends the container. False when it does not run.
   * @throws {RangeError} for an unknown signal
   */
  kill(signal: NodeJS.Signals | number = 'SIGKILL'): boolean {
    return kill(this.#life, signalNumber(signal));
  }

  /**
   * Ask the first process to end (SIGTERM), and after `timeout` milliseconds (default 10,000) kill the container. Resolves
   * with its end; at once when it does not run.
   */
  stop(options: { timeout?: number; signal?: NodeJS.Signals | number } = {}): Promise<ExitStatus | undefined> {
    return stop(this.#life, options);
  }

  /**
   * Freeze all processes of the container. Resolves when they are.
   * @throws ERR_CONTAINER_STATE unless it runs; ERR_UNSUPPORTED without a cgroup
   */
  pause(options: { signal?: AbortSignal } = {}): Promise<void> {
    return pause(this.#life, options);
  }

  /** Undo `pause()`. A running container is left alone. */
  resume(): Promise<void> {
    return resume(this.#life);
  }

  /**
   * Change limits: of the container that runs at once, of one that does not at its next start. What is not given stays. All
   * or nothing: when the kernel refuses one value, the others are taken back. A limit of a controller that the container was
   * started without is added; on v1 its processes are frozen for the moment in which they are moved.
   * @throws ERR_CONTAINER_STATE after `remove()`; ERR_UNSUPPORTED, ERR_CGROUP_CONTROLLER for what this machine does not have;
   *   a system error that names file and value; as `createContainer()` for the options
   */
  update(resources: ResourcesOption): Promise<void> {
    return update(this.#life, resources);
  }

  /**
   * What the container uses: `await` gives one snapshot; `for await` one now, and one after each `interval` milliseconds
   * (default 1000), until the container ends or `signal` is aborted, which throws its reason.
   * @throws ERR_CONTAINER_STATE unless it runs
   */
  stats(options: { interval?: number; signal?: AbortSignal } = {}): StatsSource {
    return statsOf(this.#life, options);
  }

  /**
   * Hear when its processes have waited for `resource` (default 'memory') longer than `stall` milliseconds (200) within a
   * `window` (2000; others than multiples of 2000 take CAP_SYS_RESOURCE): `some` of them (default), or all of them at
   * once ('full'). Where cgroup v1 has the memory, `level` ('low', 'medium', 'critical') may be the threshold instead, and
   * needs a memory limit. Gives the pressure of the moment, zeros where the kernel has no such figures, until the container ends or `signal` is aborted, which throws.
   * @throws ERR_CONTAINER_STATE unless it runs; ERR_UNSUPPORTED without pressure stall information, and for the level of v2
   */
  pressure(options: Partial<PressureOptions> = {}): AsyncIterable<Pressure> {
    const normal = normalizePressureOptions(options);
    if (!this.#life.isAlive) throw this.#life.wrongState('watch the pressure in', 'running or paused');
    return pressureEvents(this.#life.placement as Placement, normal, watchDescriptor, this.exited);
  }

  /**
   * All events from now on, in order, until the container is removed, or `signal` is aborted, which throws its reason. None
   * is lost while another is handled. With `pressure`, a threshold as `pressure()` takes it, that is among them in each run;
   * what `pressure()` would throw is thrown then.
   */
  events(
    options: { signal?: AbortSignal; pressure?: Partial<Omit<PressureOptions, 'signal'>> } = {},
  ): AsyncIterableIterator<ContainerEvent> {
    const { signal, pressure } = normalizeEventsOptions(options);
    return eventStream(this, EVENTS, 'remove', signal, (push, fail) => {
      const ends = [this.#life.hear(), ...(pressure ? [pressureSource(this, pressure)(push, fail)] : [])];
      return () => {
        for (const end of ends) end();
      };
    });
  }

  /**
   * Wait until it is in one of these states.
   * @param options.timeout milliseconds; default: for ever
   * @throws ERR_TIMEOUT, `signal.reason`
   */
  async waitFor(
    states: ContainerState | readonly ContainerState[],
    options: WaitOptions = {},
  ): Promise<ContainerState> {
    const wanted = typeof states === 'string' ? [states] : states;
    const look = () => (wanted.includes(this.state) ? this.state : undefined);
    return waitUntil(look, (changed) => this.#life.onChange(changed), options, {
      id: this.id,
      wanted: wanted.join(' or '),
    });
  }

  /** The container's processes, from the host's /proc: nothing of the container is executed. */
  ps(): ProcessInfo[] {
    if (!this.#life.isAlive) throw this.#life.wrongState('list the processes of', 'running or paused');
    return processTable(this.#life.placement?.group, this.#life.pid);
  }

  /** Kill the container if it runs, and leave nothing of it. Idempotent. */
  remove(): Promise<void> {
    return remove(this.#life);
  }

  /** `await using`: the same as `remove()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  /** What `start(command, options)` would do, without doing it; needs no privileges. */
  plan(command: readonly string[], options: StartOptions = {}): PlanEntry[] {
    return planOf(this.#life, normalizeStartOptions(command, options, this.#life.options.defaults));
  }

  /** The ports of the host that lead to it; those that were chosen are known from its start on. */
  get published(): readonly PublishedPort[] {
    return publishedPorts(this.#life.options.network, this.#life.names?.given);
  }

  /**
   * Its IP addresses, but for loopback and link-local ones. While it has none, they are waited for, `timeout` milliseconds
   * at most (default 0: no waiting); then there are none.
   * @throws ERR_CONTAINER_STATE unless it runs; `signal.reason`
   */
  async ips(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<string[]> {
    return addressesOf(() => {
      const { pid } = this.#life;
      if (pid === undefined) throw this.#life.wrongState('ask the addresses of', 'running or paused');
      return pid;
    }, normalizeIpsOptions(options));
  }

  /** A descriptor of one of the running container's namespaces; the caller closes it. */
  openNamespace(name: NamespaceName): number {
    this.#life.need('running', 'join a namespace of');
    return openSync(`/proc/${this.#life.pid}/ns/${NAMESPACES[name].file}`, 'r');
  }

  override on<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    super.on(name, listener as never);
    watchAsked(this.#life);
    return this;
  }

  override prependListener<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    super.prependListener(name, listener as never);
    watchAsked(this.#life);
    return this;
  }

  override addListener<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    return this.on(name, listener);
  }
}
