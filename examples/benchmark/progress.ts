/** How far a run is, on standard error: one line that is written over on a terminal, else a line for each part. */
import type { WriteStream } from 'node:tty';

export class Progress {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write'>;
  #part = '';

  constructor(stream: Pick<WriteStream, 'isTTY' | 'write'>) {
    this.#stream = stream;
  }

  show(part: string, done: number, all: number): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K${part} ${Math.floor((100 * done) / all)} %`);
    else if (part !== this.#part) this.#stream.write(`${part} …\n`);
    this.#part = part;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K');
  }
}
