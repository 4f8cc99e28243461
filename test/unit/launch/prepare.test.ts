/** What many launches share, and what each has of its own: programs out of templates are those that are compiled. */
import t, { type Test } from 'tap';
import { compileLaunch } from '../../../lib/launch/compile.ts';
import { compileExec } from '../../../lib/launch/compile-exec.ts';
import { placementOf } from '../../../lib/launch/placement.ts';
import { type Prepared, prepareExec, prepareLaunch } from '../../../lib/launch/prepare.ts';
import { normalizeContainerOptions, normalizeRunOptions } from '../../../lib/options/index.ts';
import { encode } from '../../../lib/program/encode.ts';
import { randomName } from '../../../lib/program/names.ts';
import { decodeProgram } from '../support/decode.ts';

const OPTIONS: readonly object[] = [
  { rootfs: { lower: '/rootfs' } },
  { rootfs: { lower: ['/a', '/b'], upper: '/srv/up' }, resources: { memory: 2 ** 26, pids: 10, cpus: 0.5 } },
  { rootfs: '/rootfs', hostname: 'named', network: { interface: 'eth1', address: '10.0.0.1/24' } },
  { rootfs: '/rootfs', id: 'named', cgroupParent: '/a/é', namespaces: { pid: 'host' } },
  {
    rootfs: '/rootfs',
    userNamespace: {
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    },
    timeOffsets: { boottime: 5 },
  },
  { rootfs: '/rootfs', resources: { cpuset: '0' }, namespaces: { ipc: { pid: 1 } } },
];

const OWN_STDIO = 6;

function same(t: Test, made: Prepared, compiled: ReturnType<typeof compileLaunch>): void {
  const { operations, slots, flags, cloneFlags, cgroup, undo, atExit, exitFiles } = compiled;
  const expected = encode(operations, { flags, cloneFlags, cgroup, slots });
  t.strictSame(decodeProgram(Buffer.from(made.program)), decodeProgram(expected));
  t.equal(made.program.at(-1), 0);
  for (const [bytes, list] of [
    [made.undo, undo],
    [made.atExit, atExit],
  ] as const)
    t.strictSame(
      bytes && decodeProgram(Buffer.from(bytes)).operations,
      list.length > 0 ? decodeProgram(encode(list)).operations : undefined,
    );
  t.strictSame(made.exitFiles, exitFiles);
}

for (const options of OPTIONS)
  t.test(JSON.stringify(options).slice(0, 70), (t) => {
    const { container } = normalizeContainerOptions(options);
    const joined = 'namespaces' in options && 'ipc' in (options.namespaces as object) ? (['ipc'] as const) : [];
    for (const [id, argv] of [
      ['first', ['true']],
      ['a-second-with-a-longer-name', ['sh', '-c', 'echo hello']],
      ['x', ['cat', 'ä', '\u0001']],
    ] as const) {
      const names = { id, nonce: randomName() };
      const placement = placementOf(container, names);
      const command = normalizeRunOptions(argv, { env: { A: 'b' } }, container.defaults);
      same(
        t,
        prepareLaunch(container, command, joined, names, OWN_STDIO),
        compileLaunch(container, command, joined, names, OWN_STDIO, placement),
      );
      // With a memory limit the counter of a cgroup is read that is not there.
      if (container.resources.memory === undefined)
        same(
          t,
          prepareExec(container, command, names, OWN_STDIO),
          compileExec(container, command, OWN_STDIO, placement),
        );
    }
    t.end();
  });

t.test('an explanation has the names of its own launch', (t) => {
  const { container } = normalizeContainerOptions(OPTIONS[0]);
  const command = normalizeRunOptions(['true'], {}, container.defaults);
  const names = { id: 'told', nonce: randomName() };
  const { operations } = prepareLaunch(container, command, [], names, OWN_STDIO).explain();
  t.match(JSON.stringify(operations.filter(({ name }) => name === 'sethostname')), /told/);
  t.end();
});
