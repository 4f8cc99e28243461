/** crun and runc, as a Node program would use them today: child_process, a bundle, and their own command line. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Environment } from './environment.ts';
import { ociConfig } from './oci-config.ts';
import { COMMAND, SLEEPER } from './specification.ts';

const execute = promisify(execFile);

/** A runtime that hangs is ended, and with it the run. */
const TIMEOUT = 60_000;

export class OciRuntime implements Environment {
  readonly #program: string;
  /** Their record of containers, private to this run. */
  readonly #state: string;
  readonly #bundles: { command: string; sleeper: string };
  readonly #held: string[] = [];
  #count = 0;

  /** @param directory Existing, private to this run. */
  constructor(program: string, rootfs: string, directory: string) {
    this.#program = program;
    this.#state = join(directory, `${program}-${process.pid}`);
    this.#bundles = {
      command: this.#bundle('command', rootfs, COMMAND),
      sleeper: this.#bundle('sleeper', rootfs, SLEEPER),
    };
  }

  async launch(): Promise<number> {
    const id = this.#newId();
    const begun = performance.now();
    const ended = execute(this.#program, this.#words('run', '--bundle', this.#bundles.command, id), {
      timeout: TIMEOUT,
    });
    const held = performance.now() - begun;
    await ended;
    return held;
  }

  async exec(): Promise<void> {
    const [id] = this.#held;
    if (id === undefined) throw new Error(`${this.#program}: no container is held`);
    await execute(this.#program, this.#words('exec', id, ...COMMAND), { timeout: TIMEOUT });
  }

  async hold(): Promise<number> {
    const id = this.#newId();
    const pidFile = join(this.#state, `${id}.pid`);
    const words = this.#words('run', '--detach', '--pid-file', pidFile, '--bundle', this.#bundles.sleeper, id);
    // The container keeps the standard streams: a pipe would never end.
    const log = join(this.#state, `${id}.log`);
    const errors = openSync(log, 'w');
    const child = spawn(this.#program, words, { stdio: ['ignore', 'ignore', errors], timeout: TIMEOUT });
    closeSync(errors);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${this.#program} run --detach: exit status ${code}\n${readFileSync(log, 'utf8')}`);
    this.#held.push(id);
    return Number(readFileSync(pidFile, 'utf8'));
  }

  async release(): Promise<void> {
    for (const id of this.#held.splice(0))
      await execute(this.#program, this.#words('delete', '--force', id), { timeout: TIMEOUT });
  }

  #words(...words: string[]): string[] {
    return ['--root', join(this.#state, 'root'), ...words];
  }

  /** Also the name of its cgroups. */
  #newId(): string {
    return `cofferdam-bench-${this.#program}-${process.pid}-${this.#count++}`;
  }

  #bundle(name: string, rootfs: string, command: readonly string[]): string {
    const bundle = join(this.#state, name);
    mkdirSync(bundle, { recursive: true });
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(ociConfig(rootfs, command)));
    return bundle;
  }
}
