import t from 'tap';
import { AT, CLONE, MS, makeDevice, O, OPEN_TREE, PR, RLIMIT, S_IF } from '../../../lib/program/constants.ts';
import { HOW, OPERATIONS, type OperationName } from '../../../lib/program/contract.ts';
import { capabilityNames, explain, flagNames, placeOf, plan } from '../../../lib/program/explain.ts';
import { type Operation, operation } from '../../../lib/program/operation.ts';
import { SlotTable } from '../../../lib/program/slots.ts';

const slots = new SlotTable();
const root = slots.reserve('root', '/');
const dev = slots.reserve('device directory', '/dev');
const source = slots.reserve('the clone of /srv');

const text = (words: string) => Buffer.from(words);

const CASES: [Operation, string][] = [
  [
    operation('mount', { source: 'overlay', dir: root, target: '/', type: 'overlay', flags: MS.NOSUID | MS.NODEV }),
    "mount 'overlay' -> '/' (type overlay, nosuid,nodev)",
  ],
  [
    operation('mount', {
      source: 'proc',
      dir: root,
      target: '/proc',
      type: 'proc',
      flags: MS.RDONLY,
      how: HOW.create | HOW.nofollow,
    }),
    "mount 'proc' -> '/proc' (type proc, ro, made when missing, not a link)",
  ],
  [operation('mount', { target: '/', flags: MS.REC | MS.PRIVATE }), "mount '/' (recursive,private)"],
  [operation('mount', { source: '/a', target: '/b', flags: MS.BIND }), "mount '/a' -> '/b' (bind)"],
  [
    operation('open', { dir: root, path: 'dev', flags: O.PATH | O.DIRECTORY, into: dev }),
    "open '/dev' (O_DIRECTORY|O_PATH, as device directory)",
  ],
  [
    operation('mknod', { dir: dev, path: 'null', mode: S_IF.CHR | 0o666, device: makeDevice(1, 3) }),
    "mknod '/dev/null' (c 1:3, 0666)",
  ],
  [operation('symlink', { dir: dev, path: 'fd', target: '/proc/self/fd' }), "symlink '/proc/self/fd' -> '/dev/fd'"],
  [
    operation('write', { path: '/sys/fs/cgroup/pids.max', data: text('64') }),
    "write '64' -> '/sys/fs/cgroup/pids.max'",
  ],
  [operation('write', { path: '/x', data: text('a\nb\n') }), "write 'a; b' -> '/x'"],
  [operation('write', { path: '/x', data: Buffer.from([0, 255]) }), "write 2 bytes -> '/x'"],
  [
    operation('openTree', { path: '/srv', flags: OPEN_TREE.CLONE | AT.RECURSIVE, into: source }),
    "open_tree '/srv' (clone, recursive, as the clone of /srv)",
  ],
  [
    operation('moveMount', { from: source, dir: root, target: '/data', how: HOW.create }),
    "mount the clone of /srv -> '/data' (made when missing)",
  ],
  [
    operation('mountSetattr', { dir: source, flags: AT.RECURSIVE, set: 1, propagation: MS.SLAVE }),
    "mount_setattr '<the clone of /srv>' (ro, slave, recursive)",
  ],
  [operation('unshare', { flags: CLONE.NEWNS | CLONE.NEWNET }), 'unshare CLONE_NEWNS|CLONE_NEWNET'],
  [operation('setrlimit', { resource: RLIMIT.nofile, soft: 1024, hard: -1 }), 'setrlimit RLIMIT_NOFILE 1024:unlimited'],
  [operation('prctl', { option: PR.SET_NO_NEW_PRIVS, arg2: 1 }), 'prctl PR_SET_NO_NEW_PRIVS 1'],
  [operation('capset', { effective: 1, permitted: 1 }), 'capset effective and permitted CHOWN; inheritable none'],
  [
    operation('capset', { effective: 0, permitted: 3 }),
    'capset effective none; permitted CHOWN,DAC_OVERRIDE; inheritable none',
  ],
  [operation('identity', { user: 'www', group: 'web', groups: ['5', '7'] }), "become user 'www:web' (groups 5,7)"],
  [operation('exec', { file: 'sh', argv: ['sh', '-c', 'true'] }), "exec 'sh -c true'"],
  [
    operation('addressAdd', { name: 'eth1', address: Uint8Array.of(10, 0, 0, 1), prefix: 24 }),
    "address 10.0.0.1/24 on 'eth1'",
  ],
  [
    operation('addressAdd', { name: 'eth1', address: Uint8Array.from([0xfd, ...Array(14).fill(0), 1]), prefix: 64 }),
    "address fd00::1/64 on 'eth1'",
  ],
  [
    operation('routeAdd', { name: 'eth1', gateway: Uint8Array.of(10, 0, 0, 254) }),
    "route default via 10.0.0.254 on 'eth1'",
  ],
  [
    operation('idMaps', { uid: '0 1000 1\n1 2000 9\n', gid: '0 0 1\n', denySetgroups: 1 }),
    'map ids (uid 0 1000 1; 1 2000 9, gid 0 0 1, setgroups denied)',
  ],
];

t.test('one line each', (t) => {
  for (const [given, line] of CASES) t.equal(explain(given, slots), line);
  t.end();
});

t.test('every operation has words, also with nothing filled in', (t) => {
  for (const name of Object.keys(OPERATIONS) as OperationName[]) {
    const line = explain(operation(name, {}));
    t.match(line, /^\S/, name);
    t.notMatch(line, /undefined|NaN|\n|\[object/, name);
  }
  t.end();
});

t.test('a plan has an entry for each operation', (t) => {
  t.strictSame(plan([operation('sethostname', { name: 'box' }, { actor: 'host' }), operation('init', {})], slots), [
    { index: 0, actor: 'host', operation: 'sethostname', text: "sethostname 'box'" },
    { index: 1, actor: 'child', operation: 'init', text: 'fork; PID 1 reaps and forwards signals' },
  ]);
  t.end();
});

t.test('flags', (t) => {
  t.strictSame(flagNames(MS, MS.NOEXEC + 2 ** 40), ['NOEXEC', '0x10000000000']);
  t.strictSame(flagNames(CLONE, 2 ** 33 + CLONE.NEWNS), ['NEWNS', 'INTO_CGROUP']);
  t.strictSame(flagNames(MS, undefined), []);
  t.equal(capabilityNames(2n ** 64n - 1n), 'all');
  t.equal(capabilityNames(2 ** 41 - 1), 'all');
  t.equal(capabilityNames(0), 'none');
  t.end();
});

t.test('places', (t) => {
  t.equal(placeOf(root, 'proc', slots), '/proc');
  t.equal(placeOf(dev, 'pts/ptmx', slots), '/dev/pts/ptmx');
  t.equal(placeOf(dev, '', slots), '/dev');
  t.equal(placeOf(undefined, '/host/path', slots), '/host/path');
  t.equal(placeOf(source, 'x', slots), '<the clone of /srv>/x');
  t.equal(placeOf(77, 'x', slots), '<slot 77>/x');
  t.equal(placeOf(root, '/x', undefined), `<slot ${root}>/x`);
  t.end();
});

t.test('a long value is cut', (t) => {
  t.ok(explain(operation('mount', { source: 'o', target: '/', type: 'overlay', data: 'x'.repeat(4000) })).length < 200);
  t.end();
});
