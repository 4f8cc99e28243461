/** The hostile program: built once for a test file, static. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBusybox, temporary } from './rootfs.ts';

/** A static program of this directory's, by the name of its source; its path on the host. */
export function hostileProgram(name: string): string {
  const path = join(temporary('attacker'), name);
  execFileSync('cc', ['-O2', '-w', '-static', '-o', path, new URL(`${name}.c`, import.meta.url).pathname]);
  return path;
}

let built: string | undefined;

/** Its path on the host. */
export function attacker(): string {
  built ??= hostileProgram('attacker');
  return built;
}

/** A root file system with busybox and /bin/attacker. */
export function hostileRoot(): string {
  const root = makeBusybox();
  cpSync(attacker(), join(root, 'bin/attacker'));
  // Of a temporary directory only its owner may enter.
  chmodSync(root, 0o755);
  return root;
}

/** Exchanges the names of each pair, as quickly as it can, until `stop()`. */
export function swapper(pairs: readonly (readonly [string, string])[]): { stop(): Promise<void> } {
  const child: ChildProcess = spawn(attacker(), ['swap', ...pairs.flat()], { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** A directory of the host that no container may see or change: names, content, owners, modes and times. */
export class Canary {
  readonly path = temporary('canary');
  readonly secret = `host-secret-${createHash('sha256').update(this.path).digest('hex').slice(0, 16)}`;
  readonly #before: string;

  constructor() {
    for (const name of ['secret', 'null', 'ptmx', 'fd', 'stdin', 'console', 'core_pattern'])
      writeFileSync(join(this.path, name), this.secret);
    mkdirSync(join(this.path, 'below'));
    writeFileSync(join(this.path, 'passwd'), 'intruder:x:0:0::/:/bin/sh\n');
    writeFileSync(join(this.path, 'group'), 'intruders:x:0:\n');
    chmodSync(this.path, 0o755);
    this.#before = this.#describe();
  }

  /** Undefined as long as nothing has changed. */
  changed(): string | undefined {
    const now = this.#describe();
    return now === this.#before ? undefined : `before:\n${this.#before}\nnow:\n${now}`;
  }

  #describe(): string {
    return readdirSync(this.path, { recursive: true })
      .map(String)
      .sort()
      .concat('.')
      .map((name) => {
        const path = join(this.path, name);
        const { mode, uid, gid, mtimeMs, ctimeMs } = statSync(path);
        return `${name} ${mode} ${uid}:${gid} ${mtimeMs} ${ctimeMs} ${statSync(path).isFile() ? readFileSync(path, 'utf8') : ''}`;
      })
      .join('\n');
  }
}

/** How often to do what is worth doing often: as asked, a tenth under sanitizers, COFFERDAM_ROUNDS times as often by hand. */
export const rounds = (count: number): number =>
  Math.ceil(count * Number(process.env.COFFERDAM_ROUNDS ?? (process.env.ASAN_OPTIONS ? 0.1 : 1)));
