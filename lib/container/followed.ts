/** The first process of a detached container, as a `Launch`: followed by its status and its monitor's pidfd. */
import { closeSync } from 'node:fs';
import { createError } from '../errors.ts';
import { launchDetached, watchDescriptor } from '../launch/launcher.ts';
import { type Launch, type LaunchEvent, type LaunchRequest, native } from '../native.ts';
import { type ProcessId, readStatus, type Status } from '../state/status.ts';
import { hold } from './held.ts';

type Listener = (event: LaunchEvent) => void;
type Exited = Extract<LaunchEvent, { type: 'exited' }>;

/** The status, by descriptor: an ephemeral container may have come and gone before its name is looked up. */
const STATUS_TAG = 2;

/** What `exited` says: the end as the monitor wrote it down, or that nobody did. */
function exitedEvent(status: Status, lost: boolean): Exited {
  return {
    type: 'exited',
    code: lost ? null : status.exitCode,
    signal: lost ? 0 : status.signal,
    lost,
    ...(lost && { reason: 'monitor-lost' as const }),
    timedOut: false,
    outputExceeded: false,
    stdout: null,
    stderr: null,
    exitFiles: status.texts,
    userTime: status.userTime,
    systemTime: status.systemTime,
    maxRss: status.maxRss,
    duration: status.duration,
    undoError: status.undoError ?? null,
  };
}

/** A container that a monitor sees to. Its end is heard by the monitor's: no message, no polling. */
export class Followed implements Launch {
  readonly id = 0;
  readonly fds = [-1, -1, -1] as const;
  readonly #status: number;
  readonly #listener: Listener;
  #release: (() => void) | undefined;
  #over = false;

  /** @param status a descriptor of its status, which is closed at its end */
  constructor(status: number, listener: Listener) {
    this.#status = status;
    this.#listener = listener;
    const { monitor } = this.#read();
    this.#after(monitor, () => this.#monitorEnded());
  }

  #read(): Status {
    const status = readStatus(this.#status);
    if (status) return status;
    throw createError('ERR_STATE', { path: 'status', problem: 'is damaged', hint: 'cofferdam gc removes it' });
  }

  /** Once a process has ended. */
  #after(id: ProcessId, ended: () => void): void {
    const pidfd = native().openProcess(id.pid, id.start);
    if (pidfd < 0) {
      setImmediate(ended);
      return;
    }
    const stop = watchDescriptor(pidfd, 'readable', () => {
      stop();
      closeSync(pidfd);
      ended();
    });
  }

  #monitorEnded(): void {
    const status = this.#read();
    if (status.state === 'stopped' || status.state === 'failed') this.#end(exitedEvent(status, false));
    // The monitor was killed: nobody will have heard how the process ended.
    else this.#after(status.first, () => this.#end(exitedEvent(status, true)));
  }

  #end(event: Exited): void {
    this.#over = true;
    closeSync(this.#status);
    this.unref();
    this.#listener(event);
  }

  /** The process of now: another one after each restart. */
  pidfd(): number {
    if (this.#over) return -1;
    const { first } = this.#read();
    return first.pid > 0 ? native().openProcess(first.pid, first.start) : -1;
  }

  kill(signal: number): boolean {
    const pidfd = this.pidfd();
    if (pidfd < 0) return false;
    try {
      return native().signalProcess(pidfd, signal);
    } finally {
      closeSync(pidfd);
    }
  }

  killGroup(): void {
    this.kill(9);
  }

  continue(): void {
    throw createError('ERR_PROGRAM', { problem: 'of a detached container waits for nobody', hint: '' });
  }

  ref(): void {
    if (!this.#over) this.#release ??= hold();
  }

  unref(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/** Launch a detached container: until its command is executed the launch itself is heard, then the container is followed. */
export function launchFollowed(request: LaunchRequest, listener: Listener): Launch {
  let pid = 0;
  let status: number | undefined;
  let followed: Followed | undefined;
  let early: number | undefined;
  const launched = launchDetached(request, (event) => {
    if (event.type === 'ready') pid = event.state;
    else if (event.type === 'descriptor' && event.tag === STATUS_TAG) status = event.fd;
    else if (event.type === 'started') {
      listener({ ...event, pid });
      if (status !== undefined) followed = new Followed(status, listener);
      else listener(exitedEvent(GONE, true));
      if (early !== undefined) followed?.kill(early);
    } else listener(event);
  });
  return {
    id: launched.id,
    fds: launched.fds,
    kill(signal) {
      if (followed) return followed.kill(signal);
      early = signal;
      return true;
    },
    killGroup() {
      this.kill(9);
    },
    pidfd: () => followed?.pidfd() ?? -1,
    continue: () => followed?.continue(),
    ref: () => followed?.ref(),
    unref: () => followed?.unref(),
  };
}

const GONE: Status = {
  state: 'stopped',
  monitor: { pid: 0, start: 0 },
  first: { pid: 0, start: 0 },
  startedAt: 0,
  endedAt: 0,
  exitCode: null,
  signal: 0,
  restarts: 0,
  undoError: undefined,
  duration: 0,
  userTime: 0,
  systemTime: 0,
  maxRss: 0,
  lostOutput: 0,
  texts: [],
};
