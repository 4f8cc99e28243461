/** The C programs are compiled, and asked for nothing that needs privileges. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { buildFloor } from '../../../examples/benchmark/environments/floor.ts';
import { findProgram } from '../../../examples/benchmark/environments/programs.ts';

const compiler = findProgram('cc');

t.test('they compile, and say how they are used', { skip: 'reason' in compiler ? compiler.reason : false }, (t) => {
  const directory = t.testdir();
  buildFloor(directory);
  for (const [name, usage] of [
    ['launch', /usage: launch ROOTFS STAGE NAME/],
    ['exec', /usage: exec PID/],
  ] as const) {
    const { status, stderr } = spawnSync(join(directory, name), { encoding: 'utf8' });
    t.equal(status, 2);
    t.match(stderr, usage);
  }
  const { status, stdout, stderr } = spawnSync(join(directory, 'exec'), ['1'], {
    input: 'nonsense\n',
    encoding: 'utf8',
  });
  t.equal(status, 2);
  t.equal(stdout, '');
  t.match(stderr, /COUNT and AT-ONCE: nonsense/);
  t.end();
});
