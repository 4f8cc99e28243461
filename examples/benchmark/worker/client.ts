/** The benchmark's end of a worker process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Timed } from '../environments/environment.ts';
import type { EnvironmentName } from '../environments/names.ts';
import type { Calls, Reply, Request } from './protocol.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** For 1 GiB of objects and what the collector needs beside them, MiB. */
const HEAP_LIMIT = 4096;

interface Waiting {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

export class Worker {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<unknown>;
  #count = 0;

  /** @param before Words before the command, see environments/host.ts. */
  constructor(before: readonly string[]) {
    const flags = [...process.execArgv, `--max-old-space-size=${HEAP_LIMIT}`];
    const [file = '', ...words] = [...before, process.execPath, ...flags, MAIN];
    // A session of its own, as for the C programs: Ctrl-C is for the benchmark alone.
    this.#child = spawn(file, words, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
      detached: true,
    });
    this.#child.on('message', (reply: Reply) => this.#hear(reply));
    this.#child.on('error', (error) => this.#fail(error));
    this.#ended = once(this.#child, 'exit').then(([code, signal]) =>
      this.#fail(new Error(`a worker process ended (${signal ?? code})`)),
    );
    this.#ended.catch(() => {});
  }

  /** @throws what went wrong in the worker, with its stack */
  call<Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): Promise<ReturnType<Calls[Name]>> {
    const id = this.#count++;
    const request = { id, call: name, args } as Request;
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send(request, (error) => error && this.#fail(error));
    }) as Promise<ReturnType<Calls[Name]>>;
  }

  /** `true` in new containers of an environment, each with its result. */
  launches(environment: EnvironmentName): Timed {
    return (batch) => this.call('launches', environment, batch);
  }

  /** `true` in the first container that the environment holds. */
  execs(environment: EnvironmentName): Timed {
    return (batch) => this.call('execs', environment, batch);
  }

  /** Copies that stay until `release`. */
  clones(environment: EnvironmentName): Timed {
    return (batch) => this.call('clones', environment, batch);
  }

  /** Lets it end what it holds, and end. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => {});
  }

  #hear(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.value);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
