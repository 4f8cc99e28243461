/** `Container`: the lifecycle, and nothing that another room could do. */
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { mountedCgroups } from './cgroup/detect.ts';
import { freeze, thaw } from './cgroup/freezer.ts';
import type { Placement } from './cgroup/placement.ts';
import { type PressureOptions, pressureEvents } from './cgroup/pressure.ts';
import type { Pressure } from './cgroup/stats.ts';
import { StatsReader } from './cgroup/stats-reader.ts';
import { StatsSource } from './cgroup/stats-source.ts';
import { allOrNothing, updateSteps } from './cgroup/update.ts';
import { CGROUP_EVENTS, type CgroupEvent, Watches } from './cgroup/watches.ts';
import { anySignal } from './container/any-signal.ts';
import { type ContainerEvent, type ContainerEvents, type ContainerState, EVENTS } from './container/events.ts';
import { pressureSource } from './container/pressure-watch.ts';
import { collect, inputOf, nativeStdio, ownStreams } from './container/streams.ts';
import { type WaitOptions, waitUntil } from './container/wait.ts';
import type { openContainer } from './create.ts';
import { tracedLaunch } from './diagnostics.ts';
import { createError, describeErrno } from './errors.ts';
import { eventStream } from './io/event-stream.ts';
import { checkHost, explainRootfs } from './launch/check.ts';
import { compileLaunch, placementOf } from './launch/compile.ts';
import { forThisUser } from './launch/for-this-user.ts';
import { watchDescriptor } from './launch/launcher.ts';
import { Joined, NAMESPACE_NAMES, NAMESPACES } from './launch/namespaces.ts';
import { type ExitStatus, exitStatus, type RunResult, signalName } from './launch/outcome.ts';
import { type Prepared, prepareExec, prepareLaunch } from './launch/prepare.ts';
import { type Attach, type Launching, Process, signalNumber } from './launch/process.ts';
import { type ProcessInfo, processTable } from './launch/ps.ts';
import { readyScope } from './launch/scope.ts';
import { refuseTracers } from './launch/tracers.ts';
import { endTurn, type Turn, takeTurn } from './launch/turns.ts';
import { type Attachment, attach, type PublishedPort, publishedPorts } from './network/attach.ts';
import { networkFailure } from './network/failure.ts';
import { addressesOf } from './network/inside.ts';
import { leaveDefaultNetwork, readyNetworks } from './networks.ts';
import {
  mergeResources,
  type NormalizedContainer,
  type NormalizedRun,
  type NormalizedStart,
  normalizeContainerOptions,
  normalizeEventsOptions,
  normalizeIpsOptions,
  normalizePressureOptions,
  normalizeRunOptions,
  normalizeStartOptions,
  normalizeStatsOptions,
  normalizeStopOptions,
} from './options/index.ts';
import type {
  ContainerOptions,
  NamespaceHolder,
  NamespaceName,
  NamespaceOption,
  ResourcesOption,
  RunOptions,
  StartOptions,
} from './options/types.ts';
import { type PlanEntry, plan } from './program/explain.ts';
import { killedWhileWaiting, launchError } from './program/failure.ts';
import { type LaunchNames, randomName } from './program/names.ts';
import { decodeTrace, type LaunchTrace } from './program/trace.ts';

/** Containers of this program that run, by id. */
const alive = new Map<string, Container>();

/**
 * A container: an isolated, resource-limited process tree. Made by `createContainer()`; nothing lasting exists on the
 * machine before `start()` or `run()`, nor after the end of its first process.
 */
export class Container extends EventEmitter<ContainerEvents> implements NamespaceHolder, AsyncDisposable {
  /** Unique among the containers that are alive. */
  readonly id: string;
  protected options: NormalizedContainer;
  readonly #signal: AbortSignal | undefined;
  #state: ContainerState = 'created';
  /** The first process, from `start()` on. */
  #process: Process | undefined;
  /** Of the last launch. */
  #names: LaunchNames | undefined;
  #placed: Placement | undefined;
  /** Before the launch, while others are under way. */
  /** What its networks gave the last launch. */
  #attachment: Attachment | undefined;
  #waiting: { begun: Promise<Process>; cancel: Turn['cancel'] } | undefined;
  /** Signals that were sent meanwhile. */
  #early: number[] = [];
  /** kill() or remove() was called since the last start. */
  #killed = false;
  /** Decodes the last launch's records; most launches are never asked. */
  #trace: (() => LaunchTrace) | undefined;
  #execs = new Set<Process>();
  /** Opened when somebody asks. */
  #stats: StatsReader | undefined;
  /** A pause that is under way. */
  #pausing: Promise<void> | undefined;
  /** An update that is under way: processes are neither started nor paused meanwhile. */
  #updating: Promise<void> | undefined;
  /** While it runs and somebody listens. */
  #watches: Watches | undefined;
  /** Of the last launch that has ended, for memory. */
  #oomKills = 0;

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
    this.options = forThisUser(container);
    this.#signal = signal;
  }

  /** Where the container is in its life. */
  get state(): ContainerState {
    return this.#state;
  }

  /** The first process's pid in this program's pid namespace; undefined unless it runs. */
  get pid(): number | undefined {
    return this.isAlive ? this.process?.pid : undefined;
  }

  /** The first process since the last `start()`. */
  get process(): Process | undefined {
    return this.#process;
  }

  /** It has processes, frozen or not. */
  protected get isAlive(): boolean {
    return this.state === 'running' || this.state === 'paused';
  }

  /** The end of the first process. Never rejects; see `Process.exited`. @throws ERR_CONTAINER_STATE before `start()` */
  get exited(): Promise<ExitStatus> {
    if (this.#waiting) return this.#waiting.begun.then(({ exited }) => exited, never);
    if (!this.#process) throw this.wrongState('wait for', 'started');
    return this.#process.exited;
  }

  /** When each operation of the last launch ran, and what it returned. Undefined before the first. */
  get launchTrace(): LaunchTrace | undefined {
    return this.#trace?.();
  }

  /**
   * Start `command` as the container's first process (PID 1). Resolves when it was executed.
   * @throws ERR_COMMAND_NOT_FOUND, ERR_COMMAND_NOT_EXECUTABLE, ERR_NO_SUCH_USER, ERR_CWD, a system error that names the
   *   operation, or `signal.reason`; then nothing is left behind and the container can be started again
   */
  async start(command: readonly string[], options: StartOptions = {}): Promise<Process> {
    return this.launchFirst(normalizeStartOptions(command, options, this.options.defaults));
  }

  /**
   * Start `command`, collect its output, and resolve with what became of it: a non-zero exit status is a result, not an
   * error. One launch, one promise: the quickest way to use a container.
   * @throws as `start()`; ERR_OUTPUT_EXCEEDED; `signal.reason` when aborted
   */
  async run(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.options.defaults);
    return collect(await this.launchFirst(run), run);
  }

  /**
   * Run `command` in the running container and collect its output, as `run()` does.
   * @throws ERR_CONTAINER_STATE unless it runs; as `run()`
   */
  async exec(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async exec(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async exec(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.options.defaults);
    return collect(await this.#launchFurther(run), run);
  }

  /**
   * Start `command` in the running container; as `start()`, with streams or a terminal.
   * @throws ERR_CONTAINER_STATE unless it runs; as `start()`
   */
  async spawn(command: readonly string[], options: StartOptions = {}): Promise<Process> {
    return this.#launchFurther(normalizeStartOptions(command, options, this.options.defaults));
  }

  /**
   * Send a signal to the first process; default SIGKILL, which ends the container. False when it does not run.
   * @throws {RangeError} for an unknown signal
   */
  kill(signal: NodeJS.Signals | number = 'SIGKILL'): boolean {
    const number = signalNumber(signal);
    const process = this.#process;
    if (number === 9) this.#killed = true;
    if (this.#waiting) {
      if (number === 9) this.#waiting.cancel(killedWhileWaiting());
      else this.#early.push(number);
      return true;
    }
    if (!process || this.#state === 'stopped' || this.#state === 'removed') return false;
    const sent = process.kill(number);
    // On v1 a frozen process does not even die.
    if (number === 9 && this.#state === 'paused' && this.placement?.group) thaw(this.placement.group);
    return sent;
  }

  /**
   * Ask the first process to end (SIGTERM), and after `timeout` milliseconds (default 10,000) kill the container. Resolves
   * with its end; at once when it does not run.
   */
  async stop(options: { timeout?: number; signal?: NodeJS.Signals | number } = {}): Promise<ExitStatus | undefined> {
    const { timeout, signal } = normalizeStopOptions(options);
    if (this.#waiting) {
      this.kill('SIGKILL');
      return undefined;
    }
    const process = this.#process;
    if (!process) return undefined;
    if (this.#state === 'paused') await this.resume();
    if (this.#state === 'running' || this.#state === 'starting') {
      this.kill(signal);
      await process.started.catch(() => {});
      if (process.pid === undefined) return undefined;
      const timer = setTimeout(() => this.kill('SIGKILL'), timeout);
      try {
        return await process.exited;
      } finally {
        clearTimeout(timer);
      }
    }
    return process.exited;
  }

  /**
   * Freeze all processes of the container. Resolves when they are.
   * @throws ERR_CONTAINER_STATE unless it runs; ERR_UNSUPPORTED without a cgroup
   */
  async pause(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.state === 'paused') return;
    if (this.#pausing) return this.#pausing;
    this.#pausing = this.#freeze(options);
    try {
      await this.#pausing;
    } finally {
      this.#pausing = undefined;
    }
  }

  protected thaw(): void {
    if (this.placement?.group) thaw(this.placement.group);
  }

  /** A pause or its end, for who else wants to know. */
  protected becomes(state: 'paused' | 'running'): void {
    this.#state = state;
  }

  async #freeze(options: { signal?: AbortSignal }): Promise<void> {
    await this.#updating?.catch(() => {});
    this.need('running', 'pause');
    const group = this.placement?.group;
    if (!group)
      throw createError('ERR_UNSUPPORTED', {
        feature: 'pause',
        reason: 'the container has no cgroup',
        hint: 'mount a cgroup hierarchy',
      });
    // The container may end meanwhile, and its cgroup with it: then nothing would ever say that it is frozen.
    const ended = new AbortController();
    void this.process?.exited.then(() => ended.abort());
    try {
      await freeze(group, anySignal(options.signal, ended.signal));
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      const { code } = error as NodeJS.ErrnoException;
      if (ended.signal.aborted || code === 'ENOENT' || code === 'ENODEV') throw this.wrongState('pause', 'running');
      throw error;
    }
    if (!this.isAlive) return;
    this.becomes('paused');
    this.#watches?.froze('frozen');
    this.emit('pause');
  }

  /** Undo `pause()`. A running container is left alone. */
  async resume(): Promise<void> {
    // A pause that is under way comes first: of two calls the later one counts.
    await this.#pausing?.catch(() => {});
    await this.#updating?.catch(() => {});
    if (this.state === 'running') return;
    this.need('paused', 'resume');
    this.thaw();
    this.becomes('running');
    this.#watches?.froze('thawed');
    this.emit('resume');
  }

  /**
   * Change limits: of the container that runs at once, of one that does not at its next start. What is not given stays. All
   * or nothing: when the kernel refuses one value, the others are taken back. A limit of a controller that the container was
   * started without is added; on v1 its processes are frozen for the moment in which they are moved.
   * @throws ERR_CONTAINER_STATE after `remove()`; ERR_UNSUPPORTED, ERR_CGROUP_CONTROLLER for what this machine does not have;
   *   a system error that names file and value; as `createContainer()` for the options
   */
  async update(resources: ResourcesOption): Promise<void> {
    mergeResources(this.options.resources, resources);
    await this.#pausing?.catch(() => {});
    const earlier = this.#updating;
    const updating = Promise.resolve(earlier?.catch(() => {})).then(() => this.#update(resources));
    this.#updating = updating;
    try {
      await updating;
    } finally {
      if (this.#updating === updating) this.#updating = undefined;
    }
  }

  async #update(resources: ResourcesOption): Promise<void> {
    const { resources: before } = this.options;
    const after = mergeResources(before, resources);
    if (this.#state === 'removed') throw this.wrongState('update', 'anything but removed');
    if (this.#state === 'starting') await this.#process?.started;
    // What is on its way into the container's cgroups must not miss one.
    await Promise.all([...this.#execs].map(({ started }) => started.catch(() => {})));
    const options = Object.freeze({ ...this.options, resources: after });
    // Says what this machine does not have.
    const next = placementOf(options, this.names ?? { id: this.id, nonce: '' });
    if (this.isAlive) {
      const steps = updateSteps(this.placement as Placement, next, before, after, this.state === 'paused');
      await allOrNothing(steps).catch((error: unknown) => {
        // It ended meanwhile, and its cgroups with it: the limits are for its next start.
        if (this.isAlive) throw error;
      });
      this.#limitsChanged(next);
    }
    this.options = options;
  }

  #limitsChanged(placement: Placement): void {
    if (!this.isAlive) return;
    this.#placed = placement;
    this.#watches?.moved(placement);
    this.#stats?.close();
    this.#stats = undefined;
  }

  /**
   * What the container uses: `await` gives one snapshot; `for await` one now, and one after each `interval` milliseconds
   * (default 1000), until the container ends or `signal` is aborted, which throws its reason.
   * @throws ERR_CONTAINER_STATE unless it runs
   */
  stats(options: { interval?: number; signal?: AbortSignal } = {}): StatsSource {
    const { interval, signal } = normalizeStatsOptions(options);
    const read = () => {
      if (!this.isAlive) throw this.wrongState('read the statistics of', 'running or paused');
      const own = this.options.namespaces.network === 'host' ? undefined : this.pid;
      this.#stats ??= new StatsReader(this.placement as Placement, own);
      return this.#stats.read();
    };
    return new StatsSource({ interval, signal, read, ended: this.process?.exited ?? Promise.resolve() });
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
    if (!this.isAlive) throw this.wrongState('watch the pressure in', 'running or paused');
    return pressureEvents(this.placement as Placement, normal, watchDescriptor, this.exited);
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
    return eventStream(this, EVENTS, 'remove', signal, pressure && pressureSource(this, pressure));
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
    return waitUntil(look, (changed) => this.onChange(changed), options, { id: this.id, wanted: wanted.join(' or ') });
  }

  /** Calls back after each change of the state; returns what ends it. */
  protected onChange(changed: () => void): () => void {
    const names = Object.keys(EVENTS) as (keyof ContainerEvents)[];
    for (const name of names) this.on(name, changed);
    return () => {
      for (const name of names) this.off(name, changed);
    };
  }

  /** The container's processes, from the host's /proc: nothing of the container is executed. */
  ps(): ProcessInfo[] {
    if (!this.isAlive) throw this.wrongState('list the processes of', 'running or paused');
    return processTable(this.placement?.group, this.pid);
  }

  /** Kill the container if it runs, and leave nothing of it. Idempotent. */
  async remove(): Promise<void> {
    if (this.#state === 'removed') return;
    if (this.#waiting) this.kill('SIGKILL');
    const process = this.#process;
    if (process && this.#state !== 'stopped') {
      this.kill('SIGKILL');
      await process.started.catch(() => {});
      if (process.pid !== undefined) await process.exited;
    }
    await Promise.all([...this.#execs].map((each) => each.exited));
    if (this.#state === ('removed' as ContainerState)) return;
    this.#state = 'removed';
    this.emit('remove');
  }

  /** `await using`: the same as `remove()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.remove();
  }

  /** What `start(command, options)` would do, without doing it; needs no privileges. */
  plan(command: readonly string[], options: StartOptions = {}): PlanEntry[] {
    const start = normalizeStartOptions(command, options, this.options.defaults);
    const joined = NAMESPACE_NAMES.filter((name) => typeof this.options.namespaces[name] !== 'string');
    const names = this.newNames();
    // Of all hierarchies, delegated to this user or not: what it takes is to be seen by whoever asks.
    const placement = placementOf(this.options, names, mountedCgroups());
    const { operations, slots } = compileLaunch(this.options, start, joined, names, ownStreams(start), placement);
    return plan(operations, slots);
  }

  /** The ports of the host that lead to it; those that were chosen are known from its start on. */
  get published(): readonly PublishedPort[] {
    return publishedPorts(this.options.network, this.names?.given);
  }

  /**
   * Its IP addresses, but for loopback and link-local ones. While it has none, they are waited for, `timeout` milliseconds
   * at most (default 0: no waiting); then there are none.
   * @throws ERR_CONTAINER_STATE unless it runs; `signal.reason`
   */
  async ips(options: { timeout?: number; signal?: AbortSignal } = {}): Promise<string[]> {
    return addressesOf(() => {
      if (this.pid === undefined) throw this.wrongState('ask the addresses of', 'running or paused');
      return this.pid;
    }, normalizeIpsOptions(options));
  }

  /** A descriptor of one of the running container's namespaces; the caller closes it. */
  openNamespace(name: NamespaceName): number {
    this.need('running', 'join a namespace of');
    return openSync(`/proc/${this.pid}/ns/${NAMESPACES[name].file}`, 'r');
  }

  override on<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    super.on(name, listener as never);
    this.#watch();
    return this;
  }

  override addListener<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    return this.on(name, listener);
  }

  /** Nothing is watched unless somebody listens. */
  #watch(): void {
    if (!this.isAlive || !this.placement) return;
    for (const event of this.#wanted) {
      this.#watches ??= this.#newWatches();
      this.#watches.want(event);
    }
  }

  get #wanted(): CgroupEvent[] {
    return CGROUP_EVENTS.filter((event) => this.listenerCount(event) > 0);
  }

  #newWatches(): Watches {
    const emit = (name: CgroupEvent, ...details: unknown[]) => void this.emit(name, ...(details as never));
    return new Watches(this.placement as Placement, watchDescriptor, emit);
  }

  /** Where the container's cgroups are. Most launches are never asked. */
  protected get placement(): Placement | undefined {
    if (this.names) this.#placed ??= placementOf(this.options, this.names);
    return this.#placed;
  }

  /** What the last launch called what it made. */
  protected get names(): LaunchNames | undefined {
    return this.#names;
  }

  protected set names(names: LaunchNames | undefined) {
    this.#names = names;
    this.#placed = undefined;
  }

  protected newNames(): LaunchNames {
    return { id: this.id, nonce: randomName() };
  }

  protected async launchFirst(start: NormalizedStart | NormalizedRun): Promise<Process> {
    if (this.#state !== 'created' && this.#state !== 'stopped') throw this.wrongState('start', 'created or stopped');
    const namesake = alive.get(this.id);
    if (namesake && namesake !== this) throw createError('ERR_ID_IN_USE', { id: this.id });
    start.signal?.throwIfAborted();
    this.#signal?.throwIfAborted();
    checkHost(this.options);
    const before = this.#state;
    const previous = this.#process;
    this.#state = 'starting';
    this.#killed = false;
    alive.set(this.id, this);
    let launched: Process;
    try {
      const placed = readyScope(this.options);
      if (placed) {
        await placed;
        if (this.#killed) throw killedWhileWaiting();
      }
      launched = await this.#launchInNetworks(start);
    } catch (error) {
      alive.delete(this.id);
      // What failed to start is nobody's first process: stop() and exited must not wait for its end.
      this.#process = previous;
      if (this.#state === 'starting') this.#state = before;
      throw error;
    }
    if (this.#state === 'starting') this.#state = 'running';
    this.#watch();
    this.emit('start', launched.pid as number);
    return launched;
  }

  /** A launch with addresses and ports that were free just before; another one when another program was quicker. */
  async #launchInNetworks(start: NormalizedStart | NormalizedRun): Promise<Process> {
    const { network } = this.options;
    for (let tries = 1; ; tries++) {
      const ready = readyNetworks(network);
      try {
        if (ready) {
          await ready;
          if (this.#killed) throw killedWhileWaiting();
        }
        const turn = takeTurn(anySignal(start.signal, this.#signal));
        const launched = turn ? await this.#beginInTurn(turn, start) : this.#begin(start);
        this.#process = launched;
        void launched.exited.then((status) => {
          leaveDefaultNetwork(network);
          this.ended(status);
        });
        await tracedLaunch({ id: this.id, command: start.argv }, launched.started.finally(endTurn));
        this.#attachment?.done();
        return launched;
      } catch (error) {
        this.#attachment?.done();
        leaveDefaultNetwork(network);
        if (this.#killed || tries === MOST_TRIES || !this.#attachment?.mayDiffer(error)) throw error;
      }
    }
  }

  async #beginInTurn(turn: Turn, start: NormalizedStart | NormalizedRun): Promise<Process> {
    this.#early = [];
    const begun = turn.granted.then(() => {
      this.#waiting = undefined;
      return this.#begin(start);
    });
    this.#waiting = { begun, cancel: turn.cancel };
    try {
      return await begun;
    } finally {
      this.#waiting = undefined;
    }
  }

  /** Request the launch; the turn ends here when not even that works. */
  #begin(start: NormalizedStart | NormalizedRun): Process {
    const joined = new Joined();
    try {
      this.#attachment = attach(this.options.network);
      const names = { ...this.newNames(), given: this.#attachment?.given };
      for (const name of NAMESPACE_NAMES) joined.open(name, holderOf(this.options.namespaces[name]));
      const { descriptors } = joined;
      const pids = descriptors.get('pid');
      if (pids !== undefined) refuseTracers(pids);
      const prepared = prepareLaunch(this.options, start, [...descriptors.keys()], names, ownStreams(start));
      this.names = names;
      const launched = this.launchPrepared(prepared, start, [...descriptors.values()]);
      for (const signal of this.#early.splice(0)) launched.kill(signal);
      return launched;
    } catch (error) {
      endTurn();
      throw error;
    } finally {
      joined.close();
    }
  }

  async #launchFurther(start: NormalizedStart | NormalizedRun): Promise<Process> {
    this.need('running', 'execute in');
    start.signal?.throwIfAborted();
    await this.#updating?.catch(() => {});
    await takeTurn(start.signal)?.granted;
    let launched: Process;
    try {
      this.need('running', 'execute in');
      launched = this.#beginFurther(start);
    } catch (error) {
      endTurn();
      throw error;
    }
    this.#execs.add(launched);
    void launched.exited.then(() => this.#execs.delete(launched));
    try {
      await launched.started.finally(endTurn);
    } catch (error) {
      this.#execs.delete(launched);
      throw error;
    }
    return launched;
  }

  #beginFurther(start: NormalizedStart | NormalizedRun): Process {
    const pidfd = this.process?.pidfd() ?? -1;
    if (pidfd < 0) throw this.wrongState('execute in', 'running');
    try {
      const prepared = prepareExec(this.options, start, this.names as LaunchNames, ownStreams(start));
      return this.launchPrepared(prepared, start, [pidfd]);
    } finally {
      closeSync(pidfd);
    }
  }

  /** @param attach how the process is come by, see `Process` */
  protected launchPrepared(
    prepared: Prepared,
    start: NormalizedStart | NormalizedRun,
    descriptors: readonly number[],
    attach?: Attach,
  ): Process {
    const { program, undo, atExit, exitFiles, explain } = prepared;
    const collected = 'maxBuffer' in start ? start : undefined;
    const launching: Launching = {
      request: {
        program,
        stdio: nativeStdio(start),
        descriptors,
        exitFiles,
        ...(undo && { undo }),
        ...(atExit && { atExit }),
        ...(collected && { maxBuffer: collected.maxBuffer, timeout: collected.timeout }),
        ...inputOf(collected),
      },
      signal: anySignal(start.signal, this.#signal),
      notify: start.process.seccomp === 'unconfined' ? undefined : start.process.seccomp.notify,
      records: (records) => {
        this.#trace = () => {
          const { operations, slots } = explain();
          return decodeTrace(records, operations, slots);
        };
      },
      failure: ({ errno, step, killed, signal }, messages) => {
        const { operations, slots } = explain();
        return (
          (killed ? undefined : networkFailure(operations[step], describeErrno(errno).code, messages)) ??
          explainRootfs(this.options, describeErrno(errno).code, killed ? undefined : operations[step]) ??
          launchError({
            errno,
            step,
            operations,
            slots,
            ...(killed && { killedBy: signalName(signal || 9), byCaller: this.#killed }),
            memoryLimit: this.options.resources.memory,
          })
        );
      },
      status: (event, aborted) => {
        const usage = prepared.usage(event.exitFiles);
        if (undo) this.#oomKills = usage.oomKills;
        return exitStatus(event, usage, aborted);
      },
    };
    const process = new Process(launching, attach);
    const stream = collected?.input instanceof Readable && process.stdin ? collected.input : undefined;
    // What a launch has read that is then tried again would be lost.
    if (stream && this.#attachment) void process.started.then(() => process.feed(stream)).catch(() => {});
    else if (stream) process.feed(stream);
    return process;
  }

  /** The end of a run. */
  protected ended(status: ExitStatus): void {
    this.#stats?.close();
    this.#stats = undefined;
    // Never missed: what a watch did not see in time, the last reading before the cgroups were removed has.
    const kills = Math.max(this.#oomKills, status.oomKilled ? 1 : 0);
    if (this.#wanted.length > 0) (this.#watches ?? this.#newWatches()).end(kills);
    this.#watches = undefined;
    alive.delete(this.id);
    if (this.#state !== 'removed') this.#state = 'stopped';
    this.emit('exit', status);
  }

  protected need(state: ContainerState, action: string): void {
    if (this.state !== state) throw this.wrongState(action, state);
  }

  protected wrongState(action: string, needed: string): Error {
    return createError('ERR_CONTAINER_STATE', { action, id: this.id, state: this.state, needed });
  }
}

/** How often a launch is tried whose address or port another program took just before it. */
const MOST_TRIES = 16;

/** A container that is given by its id, itself. */
function holderOf(option: NamespaceOption): NamespaceOption {
  if (typeof option !== 'object' || !('container' in option)) return option;
  const found = alive.get(option.container);
  if (!found)
    throw createError('ERR_CONTAINER_STATE', {
      action: 'join a namespace of',
      id: option.container,
      state: 'not running in this program',
      needed: 'running',
    });
  return found;
}

const never = (): Promise<never> => new Promise(() => {});
