/** iostat beside something that is measured: a sample each second, of all CPUs and of one disk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type IostatSample, parseIostat } from '../parsers/iostat.ts';
import type { Timeline } from '../result.ts';

/** The name in /dev of the disk that a path is on; undefined when it is on none that the kernel counts. */
export function diskNameOf(path: string): string | undefined {
  const { dev } = statSync(path);
  const link = `/sys/dev/block/${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  if (!existsSync(link)) return undefined;
  const directory = realpathSync(link);
  return basename(existsSync(join(directory, 'partition')) ? dirname(directory) : directory);
}

export const iostatWords = (disk: string | undefined): string[] => [
  ...['iostat', '-o', 'JSON', '-c', '-d', '-x', '-y', '1'],
  ...(disk === undefined ? [] : [disk]),
];

const round = (value: number): number => Math.round(value * 100) / 100;

export function timelineOf(during: string, samples: readonly IostatSample[]): Timeline {
  const names = ['user', 'system', 'iowait', 'read', 'written', 'utilisation'] as const;
  return {
    during,
    seconds: samples.map((_, index) => index + 1),
    values: Object.fromEntries(names.map((name) => [name, samples.map((sample) => round(sample[name]))])),
  };
}

export class Iostat {
  readonly #child: ChildProcess;
  readonly #disk: string | undefined;
  #text = '';

  constructor(disk: string | undefined) {
    this.#disk = disk;
    const [file = '', ...words] = iostatWords(disk);
    this.#child = spawn(file, words, {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
      detached: true,
    });
    this.#child.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
    });
  }

  /** Ends it, and gives what it has seen. */
  async stop(during: string): Promise<Timeline> {
    const closed = once(this.#child, 'close');
    // At SIGINT it closes its brackets.
    this.#child.kill('SIGINT');
    await closed.catch(() => {});
    return timelineOf(during, this.#text.trim() === '' ? [] : parseIostat(this.#text, this.#disk ?? ''));
  }
}
