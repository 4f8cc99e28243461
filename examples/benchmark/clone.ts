/**
 * Benchmark of detached containers: ephemeral copies against lxc-copy, many at once, memory, and whether starting and listing
 * stay as quick with hundreds alive.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, main, values as parsers, run } from '../shared/command-line.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { LXC } from './clone/lxc.ts';
import { measure } from './clone/measure.ts';
import { reportText } from './clone/report.ts';
import { Output } from './output.ts';
import { ensureBusyboxRoot } from './rootfs.ts';

const TABLE = command({
  name: 'bench:clone',
  summary: 'measure detached containers and ephemeral copies',
  description: [
    'Times an ephemeral copy of a stopped container until its process runs, against lxc-copy -e -B overlay in the same run where ' +
      'lxc is installed; 200 copies in one call; memory of one more idle container; start and list with 1, 100 and 500 alive.',
  ],
  options: {
    out: {
      value: 'DIR',
      help: 'where clone.md and clone.json go',
      default: 'docs/benchmarks',
      complete: 'directory',
      parse: (text: string) => text,
    },
    rounds: { value: 'N', help: 'copies that are timed', default: '40', parse: parsers.count },
  },
  examples: [['npm run bench:clone', 'everything']],
});

await main(
  run(TABLE, VERSION, process.argv.slice(2), async ({ values, notice }) => {
    requireRoot('bench:clone');
    const output = new Output(values.out);
    const rootfs = await ensureBusyboxRoot();
    const directory = mkdtempSync(join(tmpdir(), 'cofferdam-clone-'));
    // Before the library looks where its state is.
    process.env.COFFERDAM_ROOT = join(directory, 'cofferdam');
    try {
      const lxc = await LXC.open(join(directory, 'lxc'), rootfs);
      if (!lxc) notice('lxc is not installed: nothing is compared with it');
      const figures = await measure(rootfs, values.rounds, lxc);
      output.write('clone.json', `${JSON.stringify(figures)}\n`);
      const text = reportText(figures);
      output.write('clone.md', text);
      process.stdout.write(text);
      return 0;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }),
);
