/** `cofferdam ls`, `logs`, `autostart` and `gc`: what they print. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { ago, formatContainers } from '../../../lib/cli/detached.ts';
import type { ListedContainer } from '../../../lib/index.ts';
import { temporary } from '../../support/rootfs.ts';

const NOW = Date.UTC(2026, 0, 2);

const listed = (given: Partial<ListedContainer>): ListedContainer => ({
  name: 'web',
  state: 'stopped',
  pid: undefined,
  monitorLost: false,
  createdAt: new Date(NOW),
  startedAt: undefined,
  exitCode: undefined,
  restarts: 0,
  command: ['sleep', '9'],
  ephemeral: false,
  autostart: false,
  source: undefined,
  problem: undefined,
  ...given,
});

t.test('how long ago, in the largest unit', async (t) => {
  t.strictSame([-5, 999, 1000, 119_999, 3_600_000, 172_800_000].map(ago), [
    '0 seconds',
    '0 seconds',
    '1 second',
    '1 minute',
    '1 hour',
    '2 days',
  ]);
});

t.test('the table', async (t) => {
  t.equal(formatContainers([], NOW), 'NAME  STATE  PID  COMMAND');
  t.equal(
    formatContainers(
      [listed({ state: 'running', pid: 4711, startedAt: new Date(NOW - 90_000) }), listed({ name: 'b', exitCode: 3 })],
      NOW,
    ),
    [
      'NAME  STATE                   PID   COMMAND',
      'web   running for 1 minute    4711  sleep 9',
      'b     stopped, exit status 3  -     sleep 9',
    ].join('\n'),
  );
  const conditions: [Partial<ListedContainer>, RegExp][] = [
    [{ state: 'created' }, /\nweb +created +-/],
    [{ state: 'paused', startedAt: new Date(NOW - 1000) }, /paused for 1 second/],
    [{ state: 'running', pid: 1, monitorLost: true }, /running, monitor lost/],
    [{ exitCode: null }, /stopped by a signal/],
    [{ exitCode: null, monitorLost: true }, /nobody knows how/],
    [{ problem: 'its record is damaged' }, /stopped, its record is damaged/],
  ];
  for (const [given, pattern] of conditions) t.match(formatContainers([listed(given)], NOW), pattern);
});

t.test('the commands, below a directory of their own', async (t) => {
  const root = temporary('commands');
  const cofferdam = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, ['bin/cofferdam.js', ...args], {
      cwd: new URL('../../../', import.meta.url),
      env: { COFFERDAM_ROOT: root, NO_COLOR: '1' },
      stdin: 'ignore',
      reject: false,
    });
    return { exitCode, stdout, stderr };
  };
  t.match(await cofferdam('ls'), { exitCode: 0, stdout: 'NAME  STATE  PID  COMMAND', stderr: '' });
  t.match(await cofferdam('ls', '--json'), { exitCode: 0, stdout: '[]' });
  t.match(await cofferdam('logs', 'nobody'), { exitCode: 1, stdout: '', stderr: /nobody/ });
  t.match(await cofferdam('logs'), { exitCode: 2, stderr: /NAME/ });
  t.match(await cofferdam('autostart'), { exitCode: 0, stdout: '', stderr: '' });
  t.match(await cofferdam('gc', '--dry-run'), { exitCode: 0, stdout: 'nothing to undo' });

  // What cannot be read hides nothing, and is told.
  mkdirSync(join(root, 'lib/containers/broken'), { recursive: true });
  writeFileSync(join(root, 'lib/containers/broken/config.json'), '{');
  t.match(await cofferdam('ls'), { exitCode: 0, stdout: /\nbroken {2}/ });
  const [broken] = JSON.parse((await cofferdam('ls', '--json')).stdout);
  t.match(broken, { name: 'broken', problem: String });
});
