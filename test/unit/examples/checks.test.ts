/** The examples' own reckonings. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { figures, memoryShare } from '../../../examples/minidocker/checks.ts';
import { chooseCpus, parseCpuList } from '../../../examples/shared/cpus.ts';
import { findProgram, statInRoot } from '../../../examples/shared/in-root.ts';
import { debianRoot } from '../../../examples/shared/rootfs.ts';

t.test('figures are of the last round of top', async (t) => {
  const round = (one: number, two: number) =>
    `top - 12:00:00 up 1 day\nTasks: 3\n\n    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n      2 root      20   0     988    700    652 R  ${one}   0.2   0:00.04 loop\n      3 root      20   0     988    692    652 R  ${two}   0.1   0:00.04 loop\n      4 root      20   0     988    692    652 R  1.0   0.0   0:00.04 top\n`;
  t.strictSame(figures(round(1, 2) + round(49.5, 50.2), 'loop', '%CPU'), [49.5, 50.2]);
  t.strictSame(figures(round(1, 2), 'loop', '%MEM'), [0.2, 0.1]);
  t.strictSame(figures('', 'loop', '%MEM'), []);
  t.equal(memoryShare(10 * 2 ** 20, 4 * 2 ** 30).toFixed(1), '0.2', "the lab's figure");
});

t.test('CPUs', async (t) => {
  t.strictSame(parseCpuList('0-2,5,7-8\n'), [0, 1, 2, 5, 7, 8]);
  t.equal(chooseCpus(2, [1, 3, 5]), '1,3');
  t.throws(() => chooseCpus(4, [1, 3, 5]), /--cpus: 4 asked for, this machine gives 3/);
});

t.test('programs are found in a root whose links lead into it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'cofferdam-root-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync('/usr/bin', join(root, 'bin'));
  writeFileSync(join(root, 'usr/bin/dash'), '', { mode: 0o755 });
  writeFileSync(join(root, 'usr/bin/plain'), '', { mode: 0o644 });
  symlinkSync('dash', join(root, 'usr/bin/sh'));
  symlinkSync('../../../../../../../../bin/sh', join(root, 'usr/bin/up'));
  symlinkSync('/loop', join(root, 'loop'));
  t.equal(findProgram(root, ['/bin/bash', '/bin/sh']), '/bin/sh');
  t.equal(findProgram(root, ['/bin/up']), '/bin/up', 'the top is its own parent');
  t.equal(findProgram(root, ['/bin/plain', '/usr/bin', '/nowhere', '/loop/x']), undefined);
  t.equal(statInRoot(root, '/loop'), undefined);
});

t.test('COFFERDAM_CACHE says where the default root is', async (t) => {
  t.equal(debianRoot({ COFFERDAM_CACHE: '/var/cache/x' }), '/var/cache/x/debian');
  t.match(debianRoot({}), /\/rootfs\/debian$/);
});
