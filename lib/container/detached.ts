/** Detached containers: they outlive the program that made them, and belong to every program that knows their name. */
import { closeSync, rmSync, utimesSync } from 'node:fs';
import { isFrozen } from '../cgroup/freezer.ts';
import { Container } from '../container.ts';
import { createError } from '../errors.ts';
import { type LogEntry, type LogOptions, readLog } from '../io/logs.ts';
import { checkHost } from '../launch/check.ts';
import { placementOf } from '../launch/compile.ts';
import { forThisUser } from '../launch/for-this-user.ts';
import { loggedStreams } from '../launch/monitor.ts';
import type { ExitStatus, RunResult } from '../launch/outcome.ts';
import { prepareLaunch } from '../launch/prepare.ts';
import { type Process, signalNumber } from '../launch/process.ts';
import { endTurn, takeTurn } from '../launch/turns.ts';
import type { NormalizedDetached, NormalizedStart } from '../options/index.ts';
import {
  mergeResources,
  normalizeContainerOptions,
  normalizeStartOptions,
  normalizeStopOptions,
} from '../options/index.ts';
import { id } from '../options/names.ts';
import { portableOptions } from '../options/portable.ts';
import type { ContainerOptions, ResourcesOption, RunOptions, StartOptions } from '../options/types.ts';
import type { LaunchNames } from '../program/names.ts';
import { askMonitor } from '../state/control.ts';
import { stateDirectory } from '../state/directory.ts';
import { undoLeftovers } from '../state/leftovers.ts';
import { locked } from '../state/lock.ts';
import { logPath, placesOf } from '../state/places.ts';
import {
  bootId,
  type Config,
  type LaunchRecord,
  RECORD_VERSION,
  readConfig,
  readLaunch,
  type StoredOptions,
  writeConfig,
  writeLaunch,
} from '../state/records.ts';
import { type Condition, conditionOf, openStatus, readStatus, type Status, statusOf } from '../state/status.ts';
import { aborted } from './any-signal.ts';
import { Console } from './console.ts';
import { copiesOf } from './copies.ts';
import type { ContainerState } from './events.ts';
import { Followed, launchFollowed } from './followed.ts';
import { launchInNetworks } from './in-networks.ts';
import { launchRecord } from './launch-record.ts';
import { removeSnapshot, restoreSnapshot, type Snapshot, snapshotsOf, takeSnapshot } from './snapshots.ts';
import { isThere, leaveNothing, makeHome } from './traces.ts';
import { watchStates } from './wait.ts';

/** Of one run: who watches over it, and its first process as this program sees it. */
interface Run {
  key: string;
  process: Process;
}

const keyOf = ({ monitor: { pid, start } }: Status): string => `${pid}:${start}`;

/**
 * A container that outlives this program. What it is is asked of the state directory each time, since any program may
 * start, stop or remove it meanwhile.
 */
export class DetachedContainer extends Container {
  #run: Run | undefined;
  /** Of the present or the last run. */
  #record: LaunchRecord | undefined;

  /** Use `createContainer({ detached: true })` or `Container.open()`. */
  constructor(options: ContainerOptions, record?: LaunchRecord) {
    super(options);
    this.#adopt(record);
  }

  /** @throws as `createContainer()` */
  static async create(options: ContainerOptions): Promise<DetachedContainer> {
    const container = new DetachedContainer(options);
    const stored = portableOptions(options);
    await locked(container.name, async () => {
      if (isThere(container.name)) {
        if (!options.replace) throw createError('ERR_NAME_IN_USE', { id: container.name });
        const { state } = container;
        if (state !== 'created' && state !== 'stopped') throw container.wrongState('replace', 'created or stopped');
        await leaveNothing(container.name);
      }
      makeHome(container.name);
      writeConfig({
        version: RECORD_VERSION,
        name: container.name,
        createdAt: Date.now(),
        options: stored,
        ...(stored.ephemeral && { boot: bootId() }),
      });
    });
    return container;
  }

  /** The same as its id. */
  get name(): string {
    return this.id;
  }

  override get state(): ContainerState {
    const { state } = this.#condition();
    if (state === 'created' || state === 'stopped') return isThere(this.id) ? state : 'removed';
    if (state !== 'running') return state;
    this.#adopt(readLaunch(this.id));
    return this.#isFrozen() ? 'paused' : 'running';
  }

  /** Its monitor was killed: it runs on, but how it ends nobody will hear. */
  get monitorLost(): boolean {
    return this.#condition().lost;
  }

  override get pid(): number | undefined {
    const { state, status } = this.#condition();
    return state === 'running' ? status?.first.pid : undefined;
  }

  /** The first process of the present run, or of the last one that this program has seen. */
  override get process(): Process | undefined {
    const descriptor = openStatus(this.id);
    if (descriptor === undefined) return this.#run?.process;
    const status = readStatus(descriptor);
    const run = status && conditionOf(status).state !== 'stopped' && keyOf(status) !== this.#run?.key;
    if (run) this.#follow(status, descriptor);
    else closeSync(descriptor);
    return this.#run?.process;
  }

  override get exited(): Promise<ExitStatus> {
    const { process } = this;
    if (!process) throw this.wrongState('wait for', 'started');
    return process.exited;
  }

  /**
   * Start the container's command, or `command`, as its first process. Resolves when it was executed; from then on it does
   * not need this program.
   * @throws as `Container.start()`; ERR_CONTAINER_BUSY
   */
  override async start(command?: readonly string[], options: StartOptions = {}): Promise<Process> {
    return locked(this.id, () => this.#start(command, options));
  }

  /** Start, wait for the end, and give what it wrote. */
  override async run(
    command: readonly string[],
    options: RunOptions & { encoding: 'buffer' },
  ): Promise<RunResult<Buffer>>;
  override async run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
  override async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult | RunResult<Buffer>> {
    const { input: _input, timeout: _timeout, maxBuffer: _most, encoding = 'utf8', ...start } = options;
    const since = new Date();
    const process = await this.start(command, start);
    process.ref();
    const status = await process.exited;
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    for await (const { stream, data } of this.logs({ since })) parts[stream].push(data);
    const stdout = Buffer.concat(parts.stdout);
    const stderr = Buffer.concat(parts.stderr);
    if (encoding === 'buffer') return { ...status, stdout, stderr };
    return { ...status, stdout: stdout.toString(encoding), stderr: stderr.toString(encoding) };
  }

  /** Stop it if it runs, and start what it ran last, as it was started. @throws as `start()` */
  async restart(options: { timeout?: number; signal?: NodeJS.Signals | number } = {}): Promise<Process> {
    const last = readLaunch(this.id);
    await this.stop(options);
    return last ? this.start(last.command, last.start) : this.start();
  }

  /**
   * Wait for its end: with a restart policy, for the last one. Keeps this program alive meanwhile. Of a container that does
   * not run: how it ended last.
   * @throws ERR_CONTAINER_STATE when it was never started; `signal.reason`
   */
  async wait(options: { signal?: AbortSignal } = {}): Promise<ExitStatus> {
    const { signal } = options;
    signal?.throwIfAborted();
    const process = this.process ?? this.#lastProcess();
    if (!process) throw this.wrongState('wait for', 'started');
    process.ref();
    try {
      return await aborted(process.exited, signal);
    } finally {
      process.unref();
    }
  }

  override kill(signal: NodeJS.Signals | number = 'SIGKILL'): boolean {
    const number = signalNumber(signal);
    const frozen = number === 9 && this.state === 'paused';
    const sent = this.process?.kill(number) ?? false;
    if (frozen) this.thaw();
    return sent;
  }

  /**
   * As `Container.stop()`, by its monitor: what was begun goes on when this program ends meanwhile. A restart policy does not
   * start it again.
   */
  override async stop(
    options: { timeout?: number; signal?: NodeJS.Signals | number } = {},
  ): Promise<ExitStatus | undefined> {
    const { timeout, signal } = normalizeStopOptions(options);
    // Whoever starts it has the lock.
    if (this.state === 'starting') await locked(this.id, async () => {});
    return this.#end(signalNumber(signal), timeout);
  }

  /** Kill it if it runs, and leave nothing of it: no files, no log, no name. Idempotent. */
  override async remove(): Promise<void> {
    if (this.state === 'removed') return;
    await locked(this.id, async () => {
      const copies = copiesOf(this.id);
      if (copies.length > 0)
        throw createError('ERR_CONTAINER_STATE', {
          action: 'remove',
          id: this.id,
          state: `the lower layer of ${copies.join(', ')}`,
          needed: 'without copies that share its files',
        });
      await this.#end(9, 0);
      await leaveNothing(this.id);
      rmSync(placesOf(this.id).directory, { recursive: true, force: true });
    });
    this.emit('remove');
  }

  /** It belongs to nobody in particular: `await using` leaves it alone. */
  override async [Symbol.asyncDispose](): Promise<void> {}

  override async update(resources: ResourcesOption): Promise<void> {
    await locked(this.id, async () => {
      this.#adopt(readLaunch(this.id));
      await super.update(resources);
      const config = readConfig(this.id);
      const merged = (options: StoredOptions) => ({
        ...options,
        resources: mergeResources(options.resources ?? {}, resources) as ResourcesOption,
      });
      if (config) writeConfig({ ...config, options: merged(config.options) });
      if (this.#record && this.isAlive)
        writeLaunch(this.id, { ...this.#record, options: merged(this.#record.options) });
    });
  }

  /**
   * What it wrote, oldest first: what the log has, and with `follow` what comes, until it stops.
   * @throws ERR_NO_SUCH_CONTAINER; `signal.reason`
   */
  logs(options: LogOptions = {}): AsyncIterableIterator<LogEntry> {
    return readLog(logPath(this.id, this.#detached.ephemeral), options, () => this.process?.exited);
  }

  /**
   * Sit down at its terminal: what is written is typed, what is read is the screen from now on, or from `since`. Any program
   * may, several at once, again and again.
   * @throws ERR_CONTAINER_STATE unless it was started with `tty`, and runs; ERR_UNSUPPORTED with `logs: 'none'`; ERR_MONITOR
   */
  console(options: { since?: Date } = {}): Console {
    if (!this.isAlive) throw this.wrongState('sit at the terminal of', 'running');
    if (!this.#detached.logs)
      throw createError('ERR_UNSUPPORTED', {
        feature: 'console',
        reason: 'its output is not kept',
        hint: "leave out logs: 'none'",
      });
    const { since } = options;
    return new Console(this.id, (signal) => this.logs({ follow: true, signal, ...(since ? { since } : { tail: 0 }) }));
  }

  /**
   * Keep its files as they are now, to go back to them: nothing is copied. From then on it writes to a directory of the
   * library's, on top of those that it had.
   * @param name default: `snap0`, or the next number
   * @throws ERR_CONTAINER_STATE when it runs; ERR_NAME_IN_USE; ERR_UNSUPPORTED with rootfs 'host'
   */
  async snapshot(name?: string): Promise<Snapshot> {
    const wanted = name === undefined ? undefined : id(name, 'snapshot');
    return this.#still('take a snapshot of', async () => takeSnapshot(this.id, wanted));
  }

  /** Its snapshots, the oldest first. @throws ERR_NO_SUCH_CONTAINER */
  get snapshots(): readonly Snapshot[] {
    return snapshotsOf(this.id);
  }

  /** Go back to a snapshot, which stays: what was written since is gone. @throws ERR_NO_SUCH_SNAPSHOT, ERR_CONTAINER_STATE */
  async restore(snapshot: string): Promise<void> {
    await this.#still('restore', () => restoreSnapshot(this.id, snapshot));
  }

  /** Forget a snapshot; its files go with it as far as nothing else needs them. @throws ERR_NO_SUCH_SNAPSHOT, ERR_CONTAINER_STATE */
  async removeSnapshot(snapshot: string): Promise<void> {
    await this.#still('remove a snapshot of', () => removeSnapshot(this.id, snapshot));
  }

  /** Do something that nobody may start it during. */
  async #still<Value>(action: string, work: () => Promise<Value>): Promise<Value> {
    return locked(this.id, async () => {
      const { state } = this;
      if (state !== 'created' && state !== 'stopped') throw this.wrongState(action, 'stopped');
      return work();
    });
  }

  protected override becomes(): void {
    // The kernel knows. Who watches the status is to look again.
    const now = new Date();
    utimesSync(placesOf(this.id).status, now, now);
  }

  protected override onChange(changed: () => void): () => void {
    return watchStates((name) => {
      if (name === this.id) changed();
    });
  }

  get #detached(): NormalizedDetached {
    return this.options.detached as NormalizedDetached;
  }

  #condition(): Condition {
    return conditionOf(statusOf(this.id));
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

  /** Options and names of a run, by which its cgroups are found. */
  #adopt(record: LaunchRecord | undefined): void {
    if (!record || record.nonce === this.#record?.nonce) return;
    this.#record = record;
    this.options = forThisUser(normalizeContainerOptions({ ...record.options, name: this.id }).container);
    this.names = { id: this.id, nonce: record.nonce, given: record.given };
  }

  #follow(status: Status, descriptor: number): void {
    this.#adopt(readLaunch(this.id));
    const process = this.attachTo(descriptor, status.first.pid);
    this.#run = { key: keyOf(status), process };
    void process.exited.then((ended) => this.ended(ended));
  }

  /** A process that goes already, or has ended: it is heard of, not launched. */
  private attachTo(descriptor: number, pid: number): Process {
    const start = normalizeStartOptions(['true'], {}, this.options.defaults);
    const none = { program: new Uint8Array(), undo: undefined, atExit: undefined, exitFiles: [] };
    const prepared = prepareLaunch(this.options, start, [], this.names ?? this.newNames(), 0);
    return this.launchPrepared({ ...prepared, ...none }, start, [], (_request, listener) => {
      const followed = new Followed(descriptor, listener);
      setImmediate(() => listener({ type: 'started', pid, records: new Uint8Array() }));
      return followed;
    });
  }

  #lastProcess(): Process | undefined {
    const descriptor = openStatus(this.id);
    if (descriptor === undefined) return undefined;
    this.#adopt(readLaunch(this.id));
    return this.attachTo(descriptor, 0);
  }

  async #start(command: readonly string[] | undefined, options: StartOptions): Promise<Process> {
    const config = readConfig(this.id);
    if (!config) throw createError('ERR_NO_SUCH_CONTAINER', { id: this.id });
    const { state } = this;
    if (state !== 'created' && state !== 'stopped') throw this.wrongState('start', 'created or stopped');
    await undoLeftovers(this.id);
    return this.launchRun(config, command ?? config.options.command ?? [], options);
  }

  /** Launch one run of a container that is locked and does not run. */
  async launchRun(
    record: Pick<Config, 'options' | 'createdAt' | 'source'>,
    command: readonly string[],
    options: StartOptions,
  ): Promise<Process> {
    const container = forThisUser(normalizeContainerOptions({ ...record.options, name: this.id }).container);
    const start = normalizeStartOptions(command, { ...options, stdio: 'ignore' }, container.defaults);
    start.signal?.throwIfAborted();
    checkHost(container);
    const before = this.#record;
    this.options = container;
    let process: Process;
    try {
      process = await launchInNetworks(container.network, async (given) => {
        const names = { ...this.newNames(), given };
        const group = placementOf(container, names).group;
        this.#record = launchRecord({ names, group, command: start.argv, start: options }, record);
        stateDirectory();
        writeLaunch(this.id, this.#record);
        this.names = names;
        return this.#launch(start, names);
      });
    } catch (error) {
      this.#record = before;
      rmSync(placesOf(this.id).launch, { force: true });
      throw error;
    }
    const status = statusOf(this.id);
    if (status) this.#run = { key: keyOf(status), process };
    else this.#run = { key: '', process };
    void process.exited.then((ended) => this.ended(ended));
    this.emit('start', process.pid as number);
    return process;
  }

  async #launch(start: NormalizedStart, names: LaunchNames): Promise<Process> {
    await takeTurn(start.signal)?.granted;
    try {
      const prepared = prepareLaunch(this.options, start, [], names, loggedStreams(this.#detached));
      const process = this.launchPrepared(prepared, start, [], launchFollowed);
      await process.started;
      return process;
    } finally {
      endTurn();
    }
  }

  /** Have it ended by its monitor; by ourselves when that is lost. */
  async #end(signal: number, timeout: number): Promise<ExitStatus | undefined> {
    const { state, lost } = this.#condition();
    if (state === 'created') return undefined;
    if (state === 'stopped') return this.#lastProcess()?.exited;
    const { process } = this;
    if (!process) return undefined;
    process.ref();
    try {
      if (this.state === 'paused') {
        if (signal === 9) process.kill(9);
        this.thaw();
      }
      const answer = lost ? undefined : await askMonitor(this.id, 'stop', signal, timeout);
      if (!answer) {
        process.kill(signal);
        const timer = setTimeout(() => process.kill(9), timeout);
        void process.exited.then(() => clearTimeout(timer));
      }
      return await process.exited;
    } finally {
      process.unref();
    }
  }
}

/** See `Container.open()`. */
export async function openContainer(name: string): Promise<DetachedContainer> {
  const { id } = normalizeContainerOptions({ rootfs: '/', name });
  const launch = readLaunch(id);
  const stored = launch?.options ?? readConfig(id)?.options;
  if (!stored) throw createError('ERR_NO_SUCH_CONTAINER', { id });
  return new DetachedContainer({ ...stored, name: id } as ContainerOptions, launch);
}
