/** A terminal's whole screen, drawn again and again until a key ends it. */
import { setTimeout as sleep } from 'node:timers/promises';

const CODES = {
  enter: '\x1b[?1049h\x1b[?25l',
  leave: '\x1b[?25h\x1b[?1049l',
  home: '\x1b[H',
  rest: '\x1b[K',
  below: '\x1b[J',
};

export const hasScreen = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

function show(lines: readonly string[]): void {
  const shown = lines.slice(0, process.stdout.rows ?? 24);
  process.stdout.write(`${CODES.home}${shown.map((line) => line + CODES.rest).join('\r\n')}${CODES.below}`);
}

export interface Screen {
  /** Milliseconds between two looks. */
  readonly interval: number;
  /** Look again. */
  refresh(): void | Promise<void>;
  /** What to show of the last look, in `columns` columns. */
  draw(columns: number): readonly string[];
  /** Another key than those that end it; then it is drawn again. */
  onKey?(key: string): void;
}

/** Until q, Ctrl-C, Escape or a signal; the terminal is then as it was. */
export async function onScreen({ interval, refresh, draw, onKey }: Screen): Promise<void> {
  const { stdin, stdout } = process;
  const over = new AbortController();
  const stop = () => over.abort();
  const redraw = () => show(draw(stdout.columns ?? 80));
  const onData = (keys: Buffer) => {
    const text = keys.toString('latin1');
    if (/[qQ\x03\x1b]/.test(text)) return stop();
    for (const key of text) onKey?.(key);
    redraw();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.on('end', stop);
  stdout.on('resize', redraw);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, stop);
  stdout.write(CODES.enter);
  try {
    while (!over.signal.aborted) {
      await refresh();
      redraw();
      await sleep(interval, undefined, { signal: over.signal }).catch(() => {});
    }
  } finally {
    stdout.write(CODES.leave);
    stdin.setRawMode(false);
    stdin.off('data', onData);
    stdin.off('end', stop);
    stdout.off('resize', redraw);
    stdin.pause();
  }
}
