/** The containers that run on this machine, as top(1) shows processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningContainers, type Stats } from 'cofferdam';
import { main, run, style, UsageError } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';
import { hasScreen, onScreen } from './shared/screen.ts';
import { TOP } from './top/options.ts';
import { type Row, rowOf, table } from './top/table.ts';

/** Between the two samples of `--once`, milliseconds: rates need two. */
const ONCE = 500;

/** Takes samples, and keeps the last ones for the rates. */
class Sampler {
  readonly #containers = new RunningContainers();
  #before = new Map<string, Stats>();

  rows(): Row[] {
    const now = new Map<string, Stats>();
    const rows = this.#containers.refresh().map((container) => {
      const stats = container.stats();
      const key = `${container.id} ${container.pids[0]}`;
      now.set(key, stats);
      return rowOf(container.id, container.pids.length, stats, this.#before.get(key));
    });
    this.#before = now;
    return rows;
  }

  close(): void {
    this.#containers.close();
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function once(sampler: Sampler, json: boolean): Promise<void> {
  sampler.rows();
  await sleep(ONCE);
  const rows = sampler.rows();
  if (json) print(JSON.stringify(rows, null, 2));
  else if (rows.length === 0) process.stderr.write('no container runs\n');
  else for (const line of table(rows, process.stdout.columns ?? 80)) print(line);
}

function draw(rows: readonly Row[], interval: number, columns: number): string[] {
  const { bold, dim } = style(process.stdout);
  const [titles = '', ...lines] = table(rows, columns);
  const count = `${rows.length} container${rows.length === 1 ? '' : 's'}, every ${interval} s, q quits`;
  return [dim(count.slice(0, columns)), bold(titles), ...lines];
}

/** Until q, Ctrl-C, or a signal. */
async function watch(sampler: Sampler, interval: number): Promise<void> {
  let rows: Row[] = [];
  await onScreen({
    interval: interval * 1000,
    refresh() {
      rows = sampler.rows();
    },
    draw: (columns) => draw(rows, interval, columns),
  });
}

await main(
  run(TOP, VERSION, process.argv.slice(2), async ({ values: { interval, once: single, json }, rest }) => {
    if (rest.length > 0) throw new UsageError(`'${rest[0]}' means nothing here`);
    const sampler = new Sampler();
    try {
      const interactive = hasScreen();
      if (single || (!json && !interactive)) await once(sampler, json);
      else if (interactive && !json) await watch(sampler, interval);
      else
        for (;;) {
          print(JSON.stringify(sampler.rows()));
          await sleep(interval * 1000);
        }
    } finally {
      sampler.close();
    }
    return 0;
  }),
);
