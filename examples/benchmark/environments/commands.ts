/** Peers as a Node program would use them today: child_process and their own command lines. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Environment } from './environment.ts';

const execute = promisify(execFile);

/** One that hangs is ended, and with it the run. */
const TIMEOUT = 60_000;

/** The command lines of a peer. `id` is the container's name, and of its cgroups. */
export interface Peer {
  readonly name: string;
  /** Run `true` in a new container. */
  launch(id: string): string[];
  /** Start one that stays: the command ends when it runs. */
  hold?(id: string): string[];
  /** The first process of one that stays. */
  pid?(id: string): Promise<number> | number;
  exec?(id: string): string[];
  /** Start a copy of `source`'s files that stays. */
  clone?(id: string): string[];
  /** End and forget one that stays. */
  remove?(id: string): string[];
}

async function run(words: readonly string[]): Promise<string> {
  const [file = '', ...rest] = words;
  return (await execute(file, rest, { timeout: TIMEOUT })).stdout;
}

/** A command whose container keeps the standard streams: a pipe would never end. */
async function detach(words: readonly string[]): Promise<void> {
  const [file = '', ...rest] = words;
  const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'inherit'], timeout: TIMEOUT });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`'${words.join(' ')}' ended with ${signal ?? code}`);
}

export class Commands implements Environment {
  readonly #peer: Peer;
  readonly #held: string[] = [];
  #count = 0;

  constructor(peer: Peer) {
    this.#peer = peer;
    // What a peer cannot do, this environment cannot either.
    if (!peer.hold) this.hold = undefined as never;
    if (!peer.exec) this.exec = undefined as never;
    if (!peer.clone) this.clone = undefined as never;
  }

  async launch(): Promise<number> {
    const words = this.#peer.launch(this.#newId());
    const begun = performance.now();
    const ended = run(words);
    const held = performance.now() - begun;
    await ended;
    return held;
  }

  async hold(): Promise<number> {
    const id = this.#newId();
    await this.#keep(id, this.#peer.hold?.(id));
    return (await this.#peer.pid?.(id)) ?? 0;
  }

  async exec(): Promise<void> {
    const [id] = this.#held;
    if (id === undefined) throw new Error(`${this.#peer.name}: no container is held`);
    await run(this.#peer.exec?.(id) ?? []);
  }

  async clone(): Promise<void> {
    const id = this.#newId();
    await this.#keep(id, this.#peer.clone?.(id));
  }

  async release(): Promise<void> {
    for (const id of this.#held.splice(0)) await run(this.#peer.remove?.(id) ?? []);
  }

  shell(): string[] {
    return this.#peer.launch('@');
  }

  async #keep(id: string, words: string[] = []): Promise<void> {
    // One that fails half-way is taken away as well.
    this.#held.push(id);
    await detach(words);
  }

  #newId(): string {
    return `cofferdam-bench-${this.#peer.name}-${process.pid}-${this.#count++}`;
  }
}
