/** A launch that is held still after any of its system calls, by strace(1). */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { helpers, JANITOR, LAUNCHER } from './program.ts';

/** Whoever has stopped, strace says so by then: milliseconds. */
const LATE = 5000;

/** Why there is no strace that may trace, or false. */
export function cannotTrace(): string | false {
  try {
    execFileSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `strace: ${(error as Error).message.trim()}`;
  }
}

/** A program of the library's that is told what to do, and says how it went, a line each. */
export class Told {
  readonly #lines: AsyncIterator<string>;
  #answer: Promise<string> | undefined;
  readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  tell(word: string): void {
    this.child.stdin?.write(`${word}\n`);
  }

  /** The next line, which is still there for `says()`. */
  answer(): Promise<string> {
    this.#answer ??= this.#lines.next().then(({ value, done }) => (done ? 'gone' : value));
    return this.#answer;
  }

  says(): Promise<string> {
    const answer = this.answer();
    this.#answer = undefined;
    return answer;
  }

  async kill(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** A system call of a process: the so many-th of that name, which is what strace counts. */
export interface Call {
  name: string;
  when: number;
}

/** Those that change nothing. */
const IDLE = new Set(['clock_gettime', 'close']);

/** A launcher and what it starts, while traced. */
export class Traced {
  readonly #strace: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** Processes that there were, the launcher first. */
  readonly pids: number[];
  /** System calls of each of them, up to its command. */
  readonly calls = new Map<number, Call[]>();

  private constructor(launcher: number, args: readonly string[]) {
    this.pids = [launcher];
    this.#strace = spawn('strace', ['-f', ...args, '-p', String(launcher)], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#lines = createInterface({ input: this.#strace.stderr as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** @param at after which system call a process stops; without: none does */
  static async begin(launcher: number, at?: Call): Promise<Traced> {
    const traced = new Traced(launcher, at ? ['-e', `inject=${at.name}:signal=SIGSTOP:when=${at.when}`] : []);
    if (!/attached/.test(await traced.#line())) throw new Error('strace does not trace');
    return traced;
  }

  async #line(): Promise<string> {
    const { value = '', done } = await this.#lines.next();
    if (done) return 'gone';
    const attached = /Process (\d+) attached/.exec(value);
    if (attached && Number(attached[1]) !== this.pids[0]) this.pids.push(Number(attached[1]));
    return value;
  }

  /** Until one of them stops, and which; undefined when strace has ended. */
  async stopped(): Promise<number | undefined> {
    for (;;) {
      const text = await this.#line();
      if (text === 'gone') return undefined;
      if (/--- stopped by SIGSTOP ---/.test(text)) return Number(/\[pid +(\d+)\]/.exec(text)?.[1] ?? this.pids[0]);
    }
  }

  /** Write down `calls` until strace has ended. */
  async record(): Promise<void> {
    const executed = new Set<number>();
    const counts = new Map<string, number>();
    for (let text = await this.#line(); text !== 'gone'; text = await this.#line()) {
      const [, by, name] = /^(?:\[pid +(\d+)\] )?(\w+)\(/.exec(text) ?? [];
      const pid = Number(by ?? this.pids[0]);
      if (!name || executed.has(pid)) continue;
      const when = (counts.get(`${pid} ${name}`) ?? 0) + 1;
      counts.set(`${pid} ${name}`, when);
      if (name.startsWith('execve')) executed.add(pid);
      if (!IDLE.has(name)) this.calls.set(pid, [...(this.calls.get(pid) ?? []), { name, when }]);
    }
  }

  /** No more tracing: who is stopped stays so. */
  async end(): Promise<void> {
    const gone = once(this.#strace, 'exit');
    this.#strace.kill('SIGKILL');
    await gone;
  }

  /** Those who are stopped go on. */
  resume(): void {
    for (const pid of this.pids) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {}
    }
  }
}

/** So many of the calls, the first and the last among them. */
export const spread = (calls: readonly Call[], count: number): Call[] =>
  Array.from({ length: count }, (_, i) => calls[Math.round((i * (calls.length - 1)) / (count - 1))] as Call);

export const helpersOf = ({ child }: Told): { launcher: number; janitor: number } => {
  const { [LAUNCHER]: launcher, [JANITOR]: janitor } = helpers(child.pid as number);
  return { launcher: launcher as number, janitor: janitor as number };
};

/** The system calls of what `told` does when it is told so: the launcher's, and those of everybody it starts. */
export async function callsWhen(told: Told, word: string): Promise<Call[]> {
  const traced = await Traced.begin(helpersOf(told).launcher);
  const recorded = traced.record();
  told.tell(word);
  await told.says();
  await traced.end();
  await recorded;
  return [...traced.calls.values()].flat();
}

/** What `told` was told to do, held still. */
export interface Held {
  told: Told;
  launcher: number;
  janitor: number;
  traced: Traced;
  /** Who is held still; undefined: it went through. */
  stopped: number | undefined;
}

export async function hold(told: Told, word: string, at: Call): Promise<Held> {
  const { launcher, janitor } = helpersOf(told);
  const traced = await Traced.begin(launcher, at);
  told.tell(word);
  const stopped = traced.stopped();
  // The so many-th call may not come this time: then the launch goes through, and nobody is told of as stopped.
  await Promise.race([stopped, told.answer().then(() => sleep(LATE, undefined, { ref: false }))]);
  await traced.end();
  return { told, launcher, janitor, traced, stopped: await stopped };
}

/** A phase's name, for a report. */
export const named = ({ name, when }: Call, { stopped, launcher }: Held): string =>
  `${name} ${when}${stopped === undefined ? '' : stopped === launcher ? ' of the launcher' : ' of the launch'}`;
