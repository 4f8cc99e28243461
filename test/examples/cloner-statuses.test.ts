/** Exit statuses of the cloner's commands, which are those of LXC's tools but where docs/cloner.md says otherwise. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { audited } from '../support/audit.ts';
import { example } from '../support/command.ts';
import { compiledExamples } from '../support/compiled.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const state = temporary('cloner');
const program = join(compiledExamples(), 'examples/cloner.js');
const alone = join(state, 'alone.conf');
writeFileSync(alone, 'lxc.net.0.type = empty\n');

type Row = readonly [line: string, status: number, says?: RegExp];

/** Where there is nothing: wrong usage has the same status as what cannot be done. */
const MISSING: readonly Row[] = [
  ['start', 1, /which container\? give its name/],
  ['start -n a --nosuch', 1, /unknown option '--nosuch'/],
  ['nosuch', 1, /there is no command 'nosuch'/],
  ['create -n a', 1, /from which template/],
  ['create -n a -t nosuch', 1, /there is no template 'nosuch'/],
  ['stop -n a', 2, /a does not exist/],
  ['wait -n a -s STOPPED', 0],
  ['wait -n a -s RUNNING -t 1', 1, /a does not exist/],
  ['wait -n a -s NOSUCH', 1, /there is no state 'NOSUCH'/],
  ['info -n a', 1, /a doesn't exist/],
  ['destroy -n a', 1, /a does not exist/],
];

const STOPPED: readonly Row[] = [
  ['stop -n a', 2, /a is not running/],
  ['stop -k -n a', 2, /a is not running/],
  ['freeze -n a', 1, /a does not run/],
  ['cgroup -n a memory.stat', 1, /a does not run/],
  ['info -n a -c lxc.nosuch', 0, /there is no key lxc.nosuch/],
  ['wait -n a -s RUNNING -t 0', 1],
  ['snapshot -n a -r snap0', 1, /a has no snapshot 'snap0'/],
];

const RUNNING: readonly Row[] = [
  ['start -n a', 0, /a is already running/],
  ['attach -n a -- sh -c exit\u00a07', 7],
  ['attach -n a -- sh -c kill\u00a0$$', 143],
  ['copy -n a -N b', 1, /a is RUNNING/],
  ['snapshot -n a', 1, /a is RUNNING/],
  ['destroy -n a', 1, /a runs/],
  ['cgroup -n a nosuch.key', 1, /a has no nosuch.key/],
];

const run = (line: string) =>
  example(
    program,
    line.split(' ').map((word) => word.replaceAll('\u00a0', ' ')),
    { COFFERDAM_ROOT: state },
  );

/** Two at a time, as there may be no more processors. */
async function check(t: Test, rows: readonly Row[]): Promise<void> {
  const left = [...rows];
  const work = async () => {
    for (let row = left.shift(); row; row = left.shift()) {
      const [line, status, says = /^$/] = row;
      t.match(await run(line), { exitCode: status, stderr: says }, line);
    }
  };
  await Promise.all([work(), work()]);
}

audited(
  "statuses are LXC's",
  async (t) => {
    await check(t, MISSING);
    await run(`create -n a -t busybox -f ${alone}`);
    await check(t, STOPPED);
    await run('start -n a -- /bin/sleep 1000');
    await check(t, RUNNING);

    // A limit in a hierarchy in which it may have no cgroup: that of this program stays as it is.
    const own = readFileSync('/proc/self/cgroup', 'utf8');
    t.match(await run('cgroup -n a pids.max 33'), { exitCode: 0, stderr: '' });
    t.match(await run('cgroup -n a pids.max'), { stdout: '33' });
    t.match(await run('cgroup -n a pids.max much'), {
      exitCode: 1,
      stderr: /'much' cannot be written to pids.max of a: /,
    });
    t.equal(readFileSync('/proc/self/cgroup', 'utf8'), own);
    t.match(await run('destroy -f -n a'), { exitCode: 0, stderr: '' });
  },
  noBusybox,
);
