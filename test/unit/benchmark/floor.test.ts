/** The C programs are compiled, and asked for nothing that needs privileges. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { buildFloor } from '../../../examples/benchmark/environments/floor.ts';
import { findProgram } from '../../../examples/benchmark/environments/programs.ts';

const compiler = findProgram('cc');
const directory = t.testdir();
if (!('reason' in compiler)) buildFloor(directory);

t.test('what a shell starts gets a name of its own', { skip: 'reason' in compiler ? compiler.reason : false }, (t) => {
  const script = 'echo "$1" >>names';
  const { stdout } = spawnSync(join(directory, 'shell'), ['some', 'sh', '-c', script, 'sh', '@'], {
    input: '2 1\n1 1\n',
    encoding: 'utf8',
    cwd: directory,
  });
  t.same(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').length),
    [3, 2],
  );
  t.equal(readFileSync(join(directory, 'names'), 'utf8'), 'some-0\nsome-1\nsome-2\n');
  t.end();
});

t.test('they compile, and say how they are used', { skip: 'reason' in compiler ? compiler.reason : false }, (t) => {
  for (const [name, usage] of [
    ['launch', /usage: launch ROOTFS STAGE NAME/],
    ['exec', /usage: exec PID/],
    ['shell', /usage: shell ID COMMAND/],
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
