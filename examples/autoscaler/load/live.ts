/** A load generator in a process of its own, so that neither it nor the controller makes the other one late. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Second } from './recorder.ts';

/** What is asked for from the dashboard. */
export interface LoadRequest {
  /** One of the shapes; 'none' ends the load. */
  shape: string;
  /** Requests a second, the lowest and the highest. */
  low: number;
  high: number;
  /** Seconds. */
  duration: number;
}

/** A line of `load --lines`. */
export type LoadLine = Second & { failures: Record<string, number> };

const PROGRAM = fileURLToPath(new URL('../../autoscaler.ts', import.meta.url));

export class LiveLoad {
  readonly #url: string;
  readonly #onLine: (line: LoadLine) => void;
  #child: ChildProcess | undefined;
  #request: LoadRequest | undefined;

  constructor(url: string, onLine: (line: LoadLine) => void) {
    this.#url = url;
    this.#onLine = onLine;
  }

  /** What is under way. */
  get request(): LoadRequest | undefined {
    return this.#request;
  }

  /** In place of what is under way. */
  start(request: LoadRequest): void {
    this.stop();
    if (request.shape === 'none') return;
    const { shape, low, high, duration } = request;
    const options = { shape, low, high, duration };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    // The same flags with which this program reads TypeScript.
    const child = spawn(process.execPath, [...process.execArgv, PROGRAM, 'load', ...words, '--lines', this.#url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#request = request;
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(JSON.parse(line)));
    child.once('exit', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#request = undefined;
    });
  }

  stop(): void {
    this.#child?.kill('SIGTERM');
    this.#child = undefined;
    this.#request = undefined;
  }
}
