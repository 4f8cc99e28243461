/** `createContainer()` and `Container`: the lifecycle, and nothing that another room could do. */
import { EventEmitter } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { freeze, thaw } from './cgroup/freezer.ts';
import { OOMWatch } from './cgroup/oom.ts';
import type { Placement } from './cgroup/placement.ts';
import { type PressureOptions, pressureEvents } from './cgroup/pressure.ts';
import { type Pressure, StatsReader } from './cgroup/stats.ts';
import { StatsSource } from './cgroup/stats-source.ts';
import { changesOf, writeAll } from './cgroup/update.ts';
import { tracedLaunch } from './diagnostics.ts';
import { createError, describeErrno } from './errors.ts';
import { type Converters, eventStream } from './io/event-stream.ts';
import { checkHost, explainRootfs } from './launch/check.ts';
import { compileLaunch, placementOf } from './launch/compile.ts';
import { watchDescriptor } from './launch/launcher.ts';
import { Joined, NAMESPACE_NAMES, NAMESPACES } from './launch/namespaces.ts';
import { type ExitStatus, exitStatus, type RunResult, signalName } from './launch/outcome.ts';
import { type Prepared, prepareExec, prepareLaunch } from './launch/prepare.ts';
import { type Launching, Process, signalNumber } from './launch/process.ts';
import { type ProcessInfo, processTable } from './launch/ps.ts';
import { endTurn, type Turn, takeTurn } from './launch/turns.ts';
import type { LaunchEvent, NativeStdio } from './native.ts';
import {
  mergeResources,
  type NormalizedContainer,
  type NormalizedRun,
  type NormalizedStart,
  normalizeContainerOptions,
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
  ResourcesOption,
  RunOptions,
  StartOptions,
  StdioOption,
} from './options/types.ts';
import { type PlanEntry, plan } from './program/explain.ts';
import { killedWhileWaiting, launchError } from './program/failure.ts';
import { type LaunchNames, randomName } from './program/names.ts';
import { decodeTrace, type LaunchTrace } from './program/trace.ts';

/** Where a container is in its life. A stopped one can be started again; a removed one cannot. */
export type ContainerState = 'created' | 'starting' | 'running' | 'paused' | 'stopped' | 'removed';

export interface ContainerEvents {
  /** The first process runs its command. */
  start: [pid: number];
  /** The first process has ended, and with it the container's processes. */
  exit: [status: ExitStatus];
  pause: [];
  resume: [];
  remove: [];
  /** The kernel killed so many of its processes for memory; needs a `memory` limit. Comes before `exit`. */
  oom: [kills: number];
}

/** What `events()` gives: a container's events as objects. */
export type ContainerEvent =
  | { type: 'start'; pid: number }
  | { type: 'exit'; status: ExitStatus }
  | { type: 'oom'; kills: number }
  | { type: 'pause' | 'resume' | 'remove' };

const EVENTS: Converters<ContainerEvent> = {
  start: (pid: number) => ({ type: 'start', pid }),
  exit: (status: ExitStatus) => ({ type: 'exit', status }),
  oom: (kills: number) => ({ type: 'oom', kills }),
  pause: () => ({ type: 'pause' }),
  resume: () => ({ type: 'resume' }),
  remove: () => ({ type: 'remove' }),
};

/** Containers of this program that run, by id. */
const alive = new Map<string, Container>();

/**
 * A container: an isolated, resource-limited process tree. Made by `createContainer()`; nothing lasting exists on the
 * machine before `start()` or `run()`, nor after the end of its first process.
 */
export class Container extends EventEmitter<ContainerEvents> implements NamespaceHolder, AsyncDisposable {
  /** Unique among the containers that are alive. */
  readonly id: string;
  #options: NormalizedContainer;
  readonly #signal: AbortSignal | undefined;
  #state: ContainerState = 'created';
  /** The first process, from `start()` on. */
  #process: Process | undefined;
  /** Of the last launch. */
  #names: LaunchNames | undefined;
  #placed: Placement | undefined;
  /** Before the launch, while others are under way. */
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
  /** While it runs and somebody listens. */
  #oom: OOMWatch | undefined;

  /** Use `createContainer()`. */
  constructor(options: ContainerOptions) {
    super();
    const { id, container, signal } = normalizeContainerOptions(options);
    this.id = id;
    this.#options = container;
    this.#signal = signal;
  }

  /** Where the container is in its life. */
  get state(): ContainerState {
    return this.#state;
  }

  /** The first process's pid in this program's pid namespace; undefined unless it runs. */
  get pid(): number | undefined {
    return this.#state === 'running' || this.#state === 'paused' ? this.#process?.pid : undefined;
  }

  /** The first process since the last `start()`. */
  get process(): Process | undefined {
    return this.#process;
  }

  /** The end of the first process. Never rejects; see `Process.exited`. @throws ERR_CONTAINER_STATE before `start()` */
  get exited(): Promise<ExitStatus> {
    if (this.#waiting) return this.#waiting.begun.then(({ exited }) => exited, never);
    if (!this.#process) throw this.#wrongState('wait for', 'started');
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
    return this.#launchFirst(normalizeStartOptions(command, options, this.#options.defaults));
  }

  /**
   * Start `command`, collect its output, and resolve with what became of it: a non-zero exit status is a result, not an
   * error. One launch, one promise: the quickest way to use a container.
   * @throws as `start()`; ERR_OUTPUT_EXCEEDED; `signal.reason` when aborted
   */
  async run(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.#options.defaults);
    return collect(await this.#launchFirst(run), run);
  }

  /**
   * Run `command` in the running container and collect its output, as `run()` does.
   * @throws ERR_CONTAINER_STATE unless it runs; as `run()`
   */
  async exec(command: readonly string[], options: RunOptions & { encoding: 'buffer' }): Promise<RunResult<Buffer>>;
  async exec(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  async exec(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const run = normalizeRunOptions(command, options, this.#options.defaults);
    return collect(await this.#launchFurther(run), run);
  }

  /**
   * Start `command` in the running container; as `start()`, with streams or a terminal.
   * @throws ERR_CONTAINER_STATE unless it runs; as `start()`
   */
  async spawn(command: readonly string[], options: StartOptions = {}): Promise<Process> {
    return this.#launchFurther(normalizeStartOptions(command, options, this.#options.defaults));
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
    if (number === 9 && this.#state === 'paused' && this.#placement?.group) thaw(this.#placement.group);
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
    if (this.#state === 'paused') return;
    if (this.#pausing) return this.#pausing;
    this.#pausing = this.#freeze(options);
    try {
      await this.#pausing;
    } finally {
      this.#pausing = undefined;
    }
  }

  async #freeze(options: { signal?: AbortSignal }): Promise<void> {
    this.#need('running', 'pause');
    const group = this.#placement?.group;
    if (!group)
      throw createError('ERR_UNSUPPORTED', {
        feature: 'pause',
        reason: 'the container has no cgroup',
        hint: 'mount a cgroup hierarchy',
      });
    // The container may end meanwhile, and its cgroup with it: then nothing would ever say that it is frozen.
    const ended = new AbortController();
    void this.#process?.exited.then(() => ended.abort());
    try {
      await freeze(group, anySignal(options.signal, ended.signal));
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      const { code } = error as NodeJS.ErrnoException;
      if (ended.signal.aborted || code === 'ENOENT' || code === 'ENODEV') throw this.#wrongState('pause', 'running');
      throw error;
    }
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.emit('pause');
  }

  /** Undo `pause()`. A running container is left alone. */
  async resume(): Promise<void> {
    // A pause that is under way comes first: of two calls the later one counts.
    await this.#pausing?.catch(() => {});
    if (this.#state === 'running') return;
    this.#need('paused', 'resume');
    if (this.#placement?.group) thaw(this.#placement.group);
    this.#state = 'running';
    this.emit('resume');
  }

  /**
   * Change limits: of the container that runs at once, of one that does not at its next start. What is not given stays. All
   * or nothing: when the kernel refuses one value, the others are taken back.
   * @throws ERR_CONTAINER_STATE after `remove()`; ERR_UNSUPPORTED for a controller that it was started without; a system
   *   error that names file and value; as `createContainer()` for the options
   */
  async update(resources: ResourcesOption): Promise<void> {
    const { resources: before } = this.#options;
    const after = mergeResources(before, resources);
    if (this.#state === 'removed') throw this.#wrongState('update', 'anything but removed');
    if (this.#state === 'starting') await this.#process?.started;
    // Says what this machine does not have.
    placementOf({ ...this.#options, resources: after }, { id: this.id, nonce: '' });
    if ((this.#state === 'running' || this.#state === 'paused') && this.#placement)
      writeAll(changesOf(this.#placement, before, after));
    this.#options = Object.freeze({ ...this.#options, resources: after });
  }

  /**
   * What the container uses: `await` gives one snapshot; `for await` one now, and one after each `interval` milliseconds
   * (default 1000), until the container ends or `signal` is aborted, which throws its reason.
   * @throws ERR_CONTAINER_STATE unless it runs
   */
  stats(options: { interval?: number; signal?: AbortSignal } = {}): StatsSource {
    const { interval, signal } = normalizeStatsOptions(options);
    const read = () => {
      if (this.#state !== 'running' && this.#state !== 'paused')
        throw this.#wrongState('read the statistics of', 'running or paused');
      const own = this.#options.namespaces.network === 'host' ? undefined : this.pid;
      this.#stats ??= new StatsReader(this.#placement as Placement, own);
      return this.#stats.read();
    };
    return new StatsSource({ interval, signal, read, ended: this.#process?.exited ?? Promise.resolve() });
  }

  /**
   * Hear when its processes have waited for `resource` (default 'memory') longer than `stall` milliseconds (200) within a
   * `window` (2000; others than multiples of 2000 take CAP_SYS_RESOURCE): `some` of them (default), or all of them at
   * once ('full'). Gives the pressure of the moment, until the container ends or `signal` is aborted, which throws.
   * @throws ERR_CONTAINER_STATE unless it runs; ERR_UNSUPPORTED without pressure stall information
   */
  pressure(options: Partial<PressureOptions> = {}): AsyncIterable<Pressure> {
    const normal = normalizePressureOptions(options);
    if (this.#state !== 'running' && this.#state !== 'paused')
      throw this.#wrongState('watch the pressure in', 'running or paused');
    return pressureEvents(this.#placement as Placement, normal, watchDescriptor, this.exited);
  }

  /**
   * All events from now on, in order, until the container is removed, or `signal` is aborted, which throws its reason. None
   * is lost while another is handled.
   */
  events(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<ContainerEvent> {
    return eventStream(this, EVENTS, 'remove', options.signal);
  }

  /** The container's processes, from the host's /proc: nothing of the container is executed. */
  ps(): ProcessInfo[] {
    if (this.#state !== 'running' && this.#state !== 'paused')
      throw this.#wrongState('list the processes of', 'running or paused');
    return processTable(this.#placement?.group, this.#process?.pid);
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
    const start = normalizeStartOptions(command, options, this.#options.defaults);
    const joined = NAMESPACE_NAMES.filter((name) => typeof this.#options.namespaces[name] !== 'string');
    const { operations, slots } = compileLaunch(this.#options, start, joined, this.#newNames(), ownStreams(start));
    return plan(operations, slots);
  }

  /** A descriptor of one of the running container's namespaces; the caller closes it. */
  openNamespace(name: NamespaceName): number {
    this.#need('running', 'join a namespace of');
    return openSync(`/proc/${this.#process?.pid}/ns/${NAMESPACES[name].file}`, 'r');
  }

  override on<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    super.on(name, listener as never);
    if (name === 'oom') this.#watchOOM();
    return this;
  }

  override addListener<Name extends keyof ContainerEvents>(
    name: Name,
    listener: (...args: ContainerEvents[Name]) => void,
  ): this {
    return this.on(name, listener);
  }

  /** Nothing is watched unless somebody listens. */
  #watchOOM(): void {
    if (this.#oom || this.listenerCount('oom') === 0) return;
    if ((this.#state !== 'running' && this.#state !== 'paused') || !this.#placement) return;
    this.#oom = new OOMWatch(this.#placement, watchDescriptor, (kills) => this.emit('oom', kills));
  }

  /** Where the container's cgroups are. Most launches are never asked. */
  get #placement(): Placement | undefined {
    if (this.#names) this.#placed ??= placementOf(this.#options, this.#names);
    return this.#placed;
  }

  #newNames(): LaunchNames {
    return { id: this.id, nonce: randomName() };
  }

  async #launchFirst(start: NormalizedStart | NormalizedRun): Promise<Process> {
    if (this.#state !== 'created' && this.#state !== 'stopped') throw this.#wrongState('start', 'created or stopped');
    const namesake = alive.get(this.id);
    if (namesake && namesake !== this) throw createError('ERR_ID_IN_USE', { id: this.id });
    start.signal?.throwIfAborted();
    this.#signal?.throwIfAborted();
    checkHost(this.#options);
    const before = this.#state;
    const previous = this.#process;
    const turn = takeTurn(anySignal(start.signal, this.#signal));
    this.#state = 'starting';
    this.#killed = false;
    alive.set(this.id, this);
    let launched: Process;
    try {
      launched = turn ? await this.#beginInTurn(turn, start) : this.#begin(start);
      this.#process = launched;
      void launched.exited.then((status) => this.#ended(status));
      await tracedLaunch({ id: this.id, command: start.argv }, launched.started.finally(endTurn));
    } catch (error) {
      alive.delete(this.id);
      // What failed to start is nobody's first process: stop() and exited must not wait for its end.
      this.#process = previous;
      if (this.#state === 'starting') this.#state = before;
      throw error;
    }
    if (this.#state === 'starting') this.#state = 'running';
    this.#watchOOM();
    this.emit('start', launched.pid as number);
    return launched;
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
    const names = this.#newNames();
    const joined = new Joined();
    try {
      for (const name of NAMESPACE_NAMES) joined.open(name, this.#options.namespaces[name]);
      const { descriptors } = joined;
      const prepared = prepareLaunch(this.#options, start, [...descriptors.keys()], names, ownStreams(start));
      this.#names = names;
      this.#placed = undefined;
      const launched = this.#launch(prepared, start, [...descriptors.values()]);
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
    this.#need('running', 'execute in');
    start.signal?.throwIfAborted();
    await takeTurn(start.signal)?.granted;
    let launched: Process;
    try {
      this.#need('running', 'execute in');
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
    const pidfd = (this.#process as Process).pidfd();
    if (pidfd < 0) throw this.#wrongState('execute in', 'running');
    try {
      const prepared = prepareExec(this.#options, start, this.#names as LaunchNames, ownStreams(start));
      return this.#launch(prepared, start, [pidfd]);
    } finally {
      closeSync(pidfd);
    }
  }

  #launch(prepared: Prepared, start: NormalizedStart | NormalizedRun, descriptors: readonly number[]): Process {
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
      records: (records) => {
        this.#trace = () => {
          const { operations, slots } = explain();
          return decodeTrace(records, operations, slots);
        };
      },
      failure: ({ errno, step, killed, signal }) => {
        const { operations, slots } = explain();
        return (
          explainRootfs(this.#options, describeErrno(errno).code, killed ? undefined : operations[step]) ??
          launchError({
            errno,
            step,
            operations,
            slots,
            ...(killed && { killedBy: signalName(signal || 9), byCaller: this.#killed }),
            memoryLimit: this.#options.resources.memory,
          })
        );
      },
      status: (event, aborted) => exitStatus(event, prepared.usage(event.exitFiles), aborted),
    };
    const process = new Process(launching);
    if (collected?.input instanceof Readable && process.stdin) process.feed(collected.input);
    return process;
  }

  #ended(status: ExitStatus): void {
    this.#stats?.close();
    this.#stats = undefined;
    // Never missed: what the watch did not see in time, the counter's last reading has.
    if (status.oomKilled && this.#oom?.kills === 0) this.emit('oom', 1);
    this.#oom?.close();
    this.#oom = undefined;
    alive.delete(this.id);
    if (this.#state !== 'removed') this.#state = 'stopped';
    this.emit('exit', status);
  }

  #need(state: ContainerState, action: string): void {
    if (this.#state !== state) throw this.#wrongState(action, state);
  }

  #wrongState(action: string, needed: string): Error {
    return createError('ERR_CONTAINER_STATE', { action, id: this.id, state: this.#state, needed });
  }
}

/**
 * A container, described and checked; nothing is started yet.
 * @throws {TypeError} an unknown option or a wrong type
 * @throws {RangeError} a value that cannot be
 * @throws {CofferdamError} ERR_ROOTFS, ERR_CGROUP_CONTROLLER, ERR_PLATFORM, ERR_NATIVE_MISSING, ERR_PERMISSION
 */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const container = new Container(options);
  return container;
}

const never = (): Promise<never> => new Promise(() => {});

/** A stream of this program itself, by its descriptor. */
const nativeStream = (option: StdioOption, descriptor: number): NativeStdio =>
  option === 'inherit' ? descriptor : option;

function nativeStdio(start: NormalizedStart | NormalizedRun): readonly [NativeStdio, NativeStdio, NativeStdio] {
  if (start.process.tty) return ['ignore', 'ignore', 'ignore'];
  if ('stdio' in start) {
    const [stdin, stdout, stderr] = start.stdio;
    return [nativeStream(stdin, 0), nativeStream(stdout, 1), nativeStream(stderr, 2)];
  }
  return [start.input === undefined ? 'ignore' : 'pipe', 'collect', 'collect'];
}

/** Bits of the streams that are pipes made for the process. */
const ownStreams = (start: NormalizedStart | NormalizedRun): number =>
  nativeStdio(start).reduce<number>(
    (bits, each, index) => (each === 'pipe' || each === 'collect' ? bits | (1 << index) : bits),
    0,
  );

/** Input that the addon feeds by itself; a stream is piped. */
function inputOf(run: NormalizedRun | undefined): { input: Uint8Array } | undefined {
  const input = run?.input;
  if (input === undefined || input instanceof Readable) return undefined;
  return { input: typeof input === 'string' ? Buffer.from(input) : input };
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

/** The result of a process whose output the addon collected. */
async function collect(process: Process, run: NormalizedRun): Promise<RunResult | RunResult<Buffer>> {
  const status = await process.exited;
  const ended = process.ended as Extract<LaunchEvent, { type: 'exited' }>;
  if (status.aborted) throw process.abortReason;
  if (process.inputError !== undefined) throw process.inputError;
  if (ended.outputExceeded)
    throw createError('ERR_OUTPUT_EXCEEDED', { limit: run.maxBuffer, stream: 'stdout or stderr' });
  const stdout = Buffer.from(ended.stdout ?? []);
  const stderr = Buffer.from(ended.stderr ?? []);
  if (run.encoding === 'buffer') return { ...status, stdout, stderr };
  return { ...status, stdout: stdout.toString(run.encoding), stderr: stderr.toString(run.encoding) };
}
