#!/usr/bin/env -S npx tsx
/** Whether joining a network costs more the more containers are in it: see `--help`. */
import { type Container, createContainer, createNetwork, type LaunchTrace } from 'cofferdam';
import { command, main, run, values } from '../shared/command-line.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { ensureBusyboxRoot } from './rootfs.ts';

const ATTACH = command({
  name: 'bench:attach',
  summary: 'how long a container takes to join a network, by how many are in it',
  description: [
    'Starts containers on one bridge, and takes from the traces of their launches what the network took: the lease, the veth pair, and the one message that configures it. The first launches are warm-up. Nothing is left behind.',
  ],
  options: {
    containers: {
      value: 'N',
      help: 'how many there are in the end; a bridge has 1023 ports',
      default: '500',
      parse: values.count,
    },
    window: { value: 'N', help: 'launches of which the median is taken', default: '20', parse: values.count },
  },
  examples: [['npm run bench:attach', 'medians with 1, 100 and 500 containers on the bridge']],
});

/** Microseconds of the operations that make a container's interface. */
const NETWORK_OPERATIONS = /^(lease|veth|send them all|keep requests|address|route|link 'eth)/;

const attachTime = ({ entries }: LaunchTrace): number =>
  entries
    .filter(({ text, operation }) => operation === 'hold' || NETWORK_OPERATIONS.test(text))
    .reduce((sum, { duration }) => sum + duration, 0);

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;

await main(
  run(ATTACH, VERSION, process.argv.slice(2), async ({ values: { containers, window }, notice }) => {
    requireRoot('bench:attach');
    const rootfs = await ensureBusyboxRoot();
    const network = await createNetwork({ name: `cfbench${process.pid % 100_000}` });
    const running: Container[] = [];
    const alone: number[] = [];
    const times: number[] = [];
    try {
      for (let i = 0; i < window; i++) {
        await using box = await createContainer({ rootfs: { lower: rootfs } });
        await box.start(['sleep', '600']);
        alone.push(box.launchTrace?.duration ?? Number.NaN);
      }
      const joined: number[] = [];
      for (let i = 0; i < containers; i++) {
        const box = await createContainer({ rootfs: { lower: rootfs }, network: { bridge: network.name } });
        running.push(box);
        await box.start(['sleep', '600']);
        times.push(attachTime(box.launchTrace as LaunchTrace));
        joined.push(box.launchTrace?.duration ?? Number.NaN);
      }
      const points = [1, 100, 500, containers].filter((at, i, all) => at <= containers && all.indexOf(at) === i);
      const rows = points.map((at) => {
        const from = Math.max(0, Math.min(at, containers - window));
        return { at, took: median(times.slice(from, from + window)), whole: median(joined.slice(from, from + window)) };
      });
      const [first] = rows;
      process.stdout.write('containers on the bridge   network µs   ratio   whole launch µs\n');
      for (const { at, took, whole } of rows)
        process.stdout.write(
          `${String(at).padStart(24)}   ${took.toFixed(0).padStart(10)}   ${(took / (first?.took ?? 1)).toFixed(2).padStart(5)}   ${whole.toFixed(0).padStart(15)}\n`,
        );
      process.stdout.write(
        `${'without a network'.padStart(24)}   ${''.padStart(10)}   ${''.padStart(5)}   ${median(alone).toFixed(0).padStart(15)}\n`,
      );
      return 0;
    } finally {
      notice(`ending ${running.length} containers`);
      await Promise.all(running.map((box) => box.remove()));
      await network.remove();
    }
  }),
);
