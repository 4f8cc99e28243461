/** A virtual machine whose console is its serial line: what it says, and when it said it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tethered } from '../../../scripts/guest/machine.js';
import { which } from '../../../scripts/setup/programs.js';

const QEMU = 'qemu-system-x86_64';

/** A person has a window; this has none, and ends instead of booting again. */
export const HEADLESS: readonly string[] = ['-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot'];

/** Longer than any console keeps a line that is waited for. */
const SHOWN = 600;

export class Machine {
  readonly #child: ChildProcess;
  readonly #begun = performance.now();
  /** Everything that came, with when. */
  readonly #chunks: { text: string; at: number }[] = [];
  #text = '';
  #errors = '';
  #ended = false;
  readonly #watchers = new Set<() => void>();

  /** @param options of QEMU, see qemu(1). */
  constructor(options: readonly string[]) {
    this.#child = tethered([which(QEMU) ?? QEMU, ...options]);
    this.#child.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#chunks.push({ text, at: performance.now() - this.#begun });
      this.#text += text;
      this.#tell();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#child.stdin?.on('error', () => {});
    const end = () => {
      this.#ended = true;
      this.#tell();
    };
    this.#child.once('error', end);
    this.#child.once('close', end);
  }

  /** Everything that it has said. */
  get text(): string {
    return this.#text;
  }

  /** Where what it has said so far ends. */
  get position(): number {
    return this.#text.length;
  }

  /** Milliseconds from its start to when `pattern` was there; undefined when it was not. */
  when(pattern: RegExp): number | undefined {
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    let left = found.index + found[0].length;
    for (const { text, at } of this.#chunks) {
      left -= text.length;
      if (left <= 0) return at;
    }
    return undefined;
  }

  /**
   * Until `pattern` is there, at `from` or later.
   * @throws what it said last, when it ended or `patience` (milliseconds) is over, and the signal's reason
   */
  async wait(pattern: RegExp, patience: number, signal: AbortSignal, from = 0): Promise<RegExpExecArray> {
    const late = AbortSignal.timeout(patience);
    const either = AbortSignal.any([signal, late]);
    for (;;) {
      const found = pattern.exec(this.#text.slice(from));
      if (found) return found;
      signal.throwIfAborted();
      if (this.#ended || late.aborted) throw this.#failure(pattern, patience);
      await this.#more(either);
    }
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** It is off afterwards. */
  async stop(): Promise<void> {
    if (this.#ended || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'exit').catch(() => {});
    this.#child.kill('SIGKILL');
    await closed;
  }

  #failure(pattern: RegExp, patience: number): Error {
    const why = this.#ended
      ? `ended (${this.#errors.trim() || 'without a word'})`
      : `was silent for ${patience / 1000} s`;
    const last = this.#text.replace(/[^\x20-\x7e\n]/g, '').slice(-SHOWN);
    return new Error(`the virtual machine ${why} before '${pattern.source}'; it said last:\n${last}`);
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#watchers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#watchers.add(done);
      signal.addEventListener('abort', done);
      if (signal.aborted || this.#ended) done();
    });
  }
}
