/** What the command line adds to a call: Node's start, npm's, and LXC's own programs beside them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TOP } from '../../../shared/package.ts';
import { compete, type Section } from '../../laboratory/section.ts';

const run = promisify(execFile);

const COMMANDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'node alone': [process.execPath, '--eval', ''],
  'cofferdam ls': [process.execPath, join(TOP, 'bin/cofferdam.js'), 'ls'],
  'npm run cloner -- --version': ['npm', 'run', '--silent', 'cloner', '--', '--version'],
  'lxc-ls': ['lxc-ls'],
};

export const commandLine: Section = {
  name: 'command line',
  about: 'what starting a program adds to a call',
  seconds: ({ rounds }) => (rounds + 1) * 2,
  async run(bench) {
    const competitors = Object.entries(COMMANDS)
      .filter(([name]) => name !== 'lxc-ls' || bench.environments.includes('lxc'))
      .map(([subject, [file, ...words]]) => ({
        condition: '',
        subject,
        async measure() {
          const begun = performance.now();
          await run(file, words, { cwd: TOP });
          return [performance.now() - begun];
        },
      }));
    const { rounds } = bench.size;
    return { series: await compete(bench.context, { section: this.name, rounds, competitors }) };
  },
};
