/** Detached containers: they outlive the program that made them, and belong to every program that knows their name. */
import { Container } from '../container.ts';
import { createError } from '../errors.ts';
import { type LogEntry, type LogOptions, readLog } from '../io/logs.ts';
import type { ExitStatus, RunResult } from '../launch/outcome.ts';
import { type Process, signalNumber } from '../launch/process.ts';
import { type NormalizedContainer, normalizeStopOptions } from '../options/index.ts';
import { id } from '../options/names.ts';
import { portableOptions } from '../options/portable.ts';
import type { ContainerOptions, ResourcesOption, RunOptions, StartOptions } from '../options/types.ts';
import { locked } from '../state/lock.ts';
import { logPath } from '../state/places.ts';
import {
  bootId,
  type Config,
  type LaunchRecord,
  RECORD_VERSION,
  readConfig,
  readLaunch,
  writeConfig,
} from '../state/records.ts';
import { aborted } from './any-signal.ts';
import { Console } from './console.ts';
import { endDetached, killDetached, removeDetached } from './detached-end.ts';
import { DetachedLife } from './detached-life.ts';
import { launchRun, startDetached } from './detached-start.ts';
import { updateDetached } from './detached-update.ts';
import { held } from './held.ts';
import { removeSnapshot, restoreSnapshot, type Snapshot, snapshotsOf, takeSnapshot } from './snapshots.ts';
import { isThere, leaveNothing, makeHome } from './traces.ts';

/**
 * A container that outlives this program. What it is is asked of the state directory each time, since any program may
 * start, stop or remove it meanwhile.
 */
export class DetachedContainer extends Container {
  /** Use `createContainer({ detached: true })` or `Container.open()`. */
  constructor(options: ContainerOptions, record?: LaunchRecord) {
    super(options);
    this.life.adopt(record);
  }

  protected override newLife(options: NormalizedContainer, signal: AbortSignal | undefined): DetachedLife {
    return new DetachedLife(this.id, options, signal, this);
  }

  protected override get life(): DetachedLife {
    return super.life as DetachedLife;
  }

  /** @throws as `createContainer()` */
  static async create(options: ContainerOptions): Promise<DetachedContainer> {
    const container = new DetachedContainer(options);
    const stored = portableOptions(options);
    await locked(container.name, async () => {
      if (isThere(container.name)) {
        if (!options.replace) throw createError('ERR_NAME_IN_USE', { id: container.name });
        const { state } = container;
        if (state !== 'created' && state !== 'stopped')
          throw container.life.wrongState('replace', 'created or stopped');
        await leaveNothing(container.name);
      }
      try {
        makeHome(container.name);
        writeConfig({
          version: RECORD_VERSION,
          name: container.name,
          createdAt: Date.now(),
          options: stored,
          ...(stored.ephemeral && { boot: bootId() }),
        });
      } catch (error) {
        await leaveNothing(container.name);
        throw error;
      }
    });
    return container;
  }

  /** The same as its id. */
  get name(): string {
    return this.id;
  }

  /** Its monitor was killed: it runs on, but how it ends nobody will hear. */
  get monitorLost(): boolean {
    return this.life.condition.lost;
  }

  /** The first process of the present run, or of the last one that this program has seen. */
  override get process(): Process | undefined {
    return super.process;
  }

  /**
   * Start the container's command, or `command`, as its first process. Resolves when it was executed; from then on it does
   * not need this program.
   * @throws as `Container.start()`; ERR_CONTAINER_BUSY
   */
  override async start(command?: readonly string[], options: StartOptions = {}): Promise<Process> {
    return locked(this.id, () => startDetached(this.life, command, options));
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
    const status = await held(process.exited);
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
    const process = this.life.latestProcess;
    if (!process) throw this.life.wrongState('wait for', 'started');
    return held(aborted(process.exited, signal));
  }

  override kill(signal: NodeJS.Signals | number = 'SIGKILL'): boolean {
    return killDetached(this.life, signalNumber(signal));
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
    return endDetached(this.life, signalNumber(signal), timeout);
  }

  /** Kill it if it runs, and leave nothing of it: no files, no log, no name. Idempotent. */
  override async remove(): Promise<void> {
    if (this.state === 'removed') return;
    await locked(this.id, () => removeDetached(this.life));
    this.life.tellRemoved();
  }

  /** It belongs to nobody in particular: `await using` leaves it alone. */
  override async [Symbol.asyncDispose](): Promise<void> {}

  override async update(resources: ResourcesOption): Promise<void> {
    await locked(this.id, () => updateDetached(this.life, resources));
  }

  /**
   * What it wrote, oldest first: what the log has, and with `follow` what comes, until it stops.
   * @throws ERR_NO_SUCH_CONTAINER; `signal.reason`
   */
  logs(options: LogOptions = {}): AsyncIterableIterator<LogEntry> {
    return readLog(logPath(this.id, this.life.detached.ephemeral), options, () => this.process?.exited);
  }

  /**
   * Sit down at its terminal: what is written is typed, what is read is the screen from now on, or from `since`. Any program
   * may, several at once, again and again.
   * @throws ERR_CONTAINER_STATE unless it was started with `tty`, and runs; ERR_UNSUPPORTED with `logs: 'none'`; ERR_MONITOR
   */
  console(options: { since?: Date } = {}): Console {
    if (!this.life.isAlive) throw this.life.wrongState('sit at the terminal of', 'running');
    if (!this.life.detached.logs)
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
      if (state !== 'created' && state !== 'stopped') throw this.life.wrongState(action, 'stopped');
      return work();
    });
  }

  /** Launch one run of a container that is locked and does not run. */
  async launchRun(
    record: Pick<Config, 'options' | 'createdAt' | 'source'>,
    command: readonly string[],
    options: StartOptions,
  ): Promise<Process> {
    return launchRun(this.life, record, command, options);
  }
}

/** See `Container.open()`. */
export async function openContainer(name: string): Promise<DetachedContainer> {
  id(name, 'name');
  const launch = readLaunch(name);
  const stored = launch?.options ?? readConfig(name)?.options;
  if (!stored) throw createError('ERR_NO_SUCH_CONTAINER', { id: name });
  return new DetachedContainer({ ...stored, name } as ContainerOptions, launch);
}
