#!/usr/bin/env -S npx tsx
/** What a look at containers costs: see `--help`. */
import { readdirSync } from 'node:fs';
import { type Container, createContainer, RunningContainers } from 'cofferdam';
import { command, flag, main, run, values } from '../shared/command-line.ts';
import { interruptible } from '../shared/interrupt.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { describeMachine } from './machine.ts';
import { figure } from './report/text.ts';
import { ensureBusyboxRoot } from './rootfs.ts';
import { median, quantile } from './statistics.ts';

const STATS = command({
  name: 'bench:stats',
  summary: 'what a snapshot of what containers use costs',
  description: [
    'Start containers that sleep, and time stats() of one of them alone, with its files kept open and not, of each among all, and the look that top takes at everything. Needs root.',
  ],
  options: {
    containers: { value: 'N', help: 'how many', default: '500', parse: values.count },
    rounds: { value: 'N', help: 'looks at all of them', default: '20', parse: values.count },
    json: flag('as JSON'),
  },
  statuses: [['125', 'something failed that was to be measured']],
  examples: [['npm run bench:stats -- --containers 50', 'a smaller crowd']],
});

/** All controllers that count. */
const RESOURCES = { memory: 64 << 20, pids: 16, cpus: 1, cpuWeight: 100 } as const;

const microseconds = async (act: () => unknown): Promise<number> => {
  const began = process.hrtime.bigint();
  await act();
  return Number(process.hrtime.bigint() - began) / 1000;
};

const descriptors = (): number => readdirSync('/proc/self/fd').length;

interface Row {
  name: string;
  /** Microseconds. */
  samples: number[];
}

async function measure(count: number, rounds: number, rootfs: string, signal: AbortSignal): Promise<Row[]> {
  const boxes: Container[] = [];
  const all = new RunningContainers();
  const row = (name: string): Row => ({ name, samples: [] });
  const rows = {
    alone: row('stats() of one, alone'),
    anew: row('the same, its files opened each time'),
    crowd: row(`stats() of each of ${count}`),
    refresh: row(`RunningContainers.refresh() of ${count}`),
    look: row(`refresh() and stats() of all ${count}, for each`),
  };
  try {
    const start = async (): Promise<Container> => {
      const box = await createContainer({ rootfs: { lower: rootfs }, resources: RESOURCES });
      await box.start(['sleep', '600'], { stdio: 'ignore' });
      boxes.push(box);
      return box;
    };
    const first = await start();
    for (let i = 0; i < rounds * 20; i++) {
      rows.alone.samples.push(await microseconds(() => first.stats()));
      const [found] = all.refresh().filter(({ pids }) => pids.includes(first.pid as number));
      rows.anew.samples.push(await microseconds(() => found?.stats()));
      found?.close();
    }
    while (boxes.length < count) {
      signal.throwIfAborted();
      await Promise.all(Array.from({ length: Math.min(20, count - boxes.length) }, start));
    }
    for (let round = 0; round <= rounds; round++) {
      signal.throwIfAborted();
      const own: number[] = [];
      for (const box of boxes) own.push(await microseconds(() => box.stats()));
      let found: ReturnType<RunningContainers['refresh']> = [];
      const refresh = await microseconds(() => {
        found = all.refresh();
      });
      const read = await microseconds(() => found.map((each) => each.stats()));
      // The first round opens the files.
      if (round === 0) continue;
      rows.crowd.samples.push(...own);
      rows.refresh.samples.push(refresh);
      rows.look.samples.push((refresh + read) / Math.max(1, found.length));
    }
    return [...Object.values(rows), { name: 'descriptors open', samples: [descriptors()] }];
  } finally {
    all.close();
    for (let i = 0; i < boxes.length; i += 20) await Promise.all(boxes.slice(i, i + 20).map((box) => box.remove()));
  }
}

await main(
  run(STATS, VERSION, process.argv.slice(2), async ({ values: { containers, rounds, json } }) => {
    requireRoot('bench:stats');
    const interrupt = interruptible();
    try {
      const rows = await measure(containers, rounds, await ensureBusyboxRoot(), interrupt.signal);
      const machine = describeMachine();
      if (json) process.stdout.write(`${JSON.stringify({ machine, containers, rows })}\n`);
      else {
        const alone = median(rows[0]?.samples ?? []);
        process.stdout.write(
          `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel.split(' ')[0]}, cgroups ${machine.cgroups}, load ${machine.load.toFixed(1)}\n\n`,
        );
        for (const { name, samples } of rows) {
          const [middle, late] = [median(samples), quantile(samples, 0.99)];
          const text = name.startsWith('descriptors')
            ? String(middle)
            : `${figure(middle)} µs (p99 ${figure(late)})  ${figure(middle / alone)} × one alone`;
          process.stdout.write(`${name.padEnd(46)}${text}\n`);
        }
      }
      return 0;
    } finally {
      interrupt.stop();
    }
  }),
);
