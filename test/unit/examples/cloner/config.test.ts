/** LXC's configuration format: every key, includes, what is wrong with its place, and whatever else a file may hold. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { Config } from '../../../../examples/cloner/config/config.ts';
import { mapValues, valuesIn, withValue } from '../../../../examples/cloner/config/edit.ts';
import { ConfigError } from '../../../../examples/cloner/config/errors.ts';
import { KEYS } from '../../../../examples/cloner/config/keys.ts';
import { linesOf, written } from '../../../../examples/cloner/config/lines.ts';
import { NET_KEYS } from '../../../../examples/cloner/config/net.ts';
import { parseConfig, readConfig } from '../../../../examples/cloner/config/read.ts';
import { temporary } from '../../../support/rootfs.ts';
import { seeded } from '../../support/random.ts';

const parsed = (text: string): Config => {
  const { config, problems } = parseConfig(text, '/c/config');
  t.strictSame(problems, []);
  return config;
};
const problemsOf = (text: string): string[] => parseConfig(text, '/c/config').problems;

t.test('what lxc-create -t busybox writes', async (t) => {
  const config = parsed(`
# Template used to create this container: /usr/share/lxc/templates/lxc-busybox
lxc.net.0.type = veth
lxc.net.0.link = lxcbr0
lxc.net.0.flags = up
lxc.apparmor.profile = generated
lxc.apparmor.allow_nesting = 1
lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs
lxc.signal.halt = SIGUSR1
lxc.signal.reboot = SIGTERM
lxc.uts.name = "web"
lxc.tty.max = 5
lxc.cap.drop = sys_module mac_admin mac_override sys_time
lxc.mount.auto = cgroup:mixed proc:mixed sys:ro
lxc.mount.entry = shm dev/shm tmpfs defaults,create=dir 0 0
lxc.mount.entry = /sys/kernel/security sys/kernel/security none ro,bind,optional 0 0
`);
  t.match(config, {
    hostname: 'web',
    root: { kind: 'dir', path: '/var/lib/lxc/web/rootfs' },
    haltSignal: 10,
    rebootSignal: 15,
    stopSignal: 9,
    capDrop: ['sys_module', 'mac_admin', 'mac_override', 'sys_time'],
    autoMounts: ['cgroup:mixed', 'proc:mixed', 'sys:ro'],
    notes: [],
    refusals: new Map(),
  });
  t.match(config.nets.get(0), { type: 'veth', link: 'lxcbr0', up: true });
  t.match(config.mounts[1], {
    source: '/sys/kernel/security',
    target: 'sys/kernel/security',
    options: ['ro', 'bind', 'optional'],
    place: { file: '/c/config', line: 16 },
  });
});

/** Each key with a value, and what it makes. */
const MAKES: readonly (readonly [string, object])[] = [
  ['lxc.uts.name = a.b-c', { hostname: 'a.b-c' }],
  ['lxc.rootfs.path = /r', { root: { kind: 'dir', path: '/r' } }],
  ['lxc.rootfs.path = overlay:/l1:/l2:/u', { root: { kind: 'overlay', lower: ['/l1', '/l2'], upper: '/u' } }],
  ['lxc.rootfs.path = overlayfs:/l:/u', { root: { kind: 'overlay', lower: ['/l'], upper: '/u' } }],
  ['lxc.rootfs.path = overlay:/l:tmpfs', { root: { kind: 'overlay', lower: ['/l'], upper: 'tmpfs' } }],
  ['lxc.rootfs.options = ro,noatime', { rootOptions: ['ro', 'noatime'] }],
  ['lxc.mount.entry = /a\\040b m none bind 0 0', { mounts: [{ source: '/a b', target: 'm', type: 'none' }] }],
  ['lxc.environment = A=b=c', { environment: new Map([['A', 'b=c']]) }],
  ['lxc.environment = NOWHERE_SET', { environment: new Map() }],
  [`lxc.init.cmd = /bin/sh -c "echo 'a b'" x"y z"`, { initCommand: ['/bin/sh', '-c', "echo 'a b'", 'xy z'] }],
  ['lxc.execute.cmd = /bin/true', { executeCommand: ['/bin/true'] }],
  ['lxc.init.cwd = /srv', { cwd: '/srv' }],
  ['lxc.init.uid = 1000', { uid: 1000 }],
  ['lxc.init.gid = 1000', { gid: 1000 }],
  ['lxc.init.groups = 4,5 6', { groups: [4, 5, 6] }],
  ['lxc.signal.halt = RTMIN+3', { haltSignal: 37 }],
  ['lxc.signal.stop = SIGRTMAX-1', { stopSignal: 63 }],
  ['lxc.signal.reboot = 15', { rebootSignal: 15 }],
  ['lxc.cap.keep = net_raw chown', { capKeep: ['net_raw', 'chown'] }],
  ['lxc.cap.keep = chown\nlxc.cap.keep = none', { capKeep: [] }],
  ['lxc.no_new_privs = 1', { noNewPrivileges: true }],
  ['lxc.seccomp.profile = /p', { seccompProfile: '/p' }],
  ['lxc.prlimit.nofile = 1024:unlimited', { rlimits: new Map([['nofile', { soft: 1024, hard: 'unlimited' }]]) }],
  ['lxc.prlimit.nproc = 7', { rlimits: new Map([['nproc', { soft: 7, hard: 7 }]]) }],
  ['lxc.sysctl.net.ipv4.ip_forward = 1', { sysctl: new Map([['net.ipv4.ip_forward', '1']]) }],
  ['lxc.proc.oom_score_adj = -5', { oomScoreAdj: -5 }],
  [
    'lxc.idmap = b 0 100000 65536',
    {
      uidMap: [{ containerID: 0, hostID: 100000, size: 65536 }],
      gidMap: [{ containerID: 0, hostID: 100000, size: 65536 }],
    },
  ],
  ['lxc.idmap = u 0 1 2', { uidMap: [{ containerID: 0, hostID: 1, size: 2 }], gidMap: [] }],
  ['lxc.namespace.keep = user ipc', { keptNamespaces: ['user', 'ipc'] }],
  ['lxc.namespace.clone = net', { clonedNamespaces: ['net'] }],
  ['lxc.namespace.share.net = other', { sharedNamespaces: new Map([['net', 'other']]) }],
  ['lxc.time.offset.boot = -7h', { timeOffsets: { boottime: -25200 } }],
  ['lxc.time.offset.monotonic = 30s', { timeOffsets: { monotonic: 30 } }],
  ['lxc.ephemeral = 1', { ephemeral: true }],
  ['lxc.start.auto = 1', { autostart: true }],
  ['lxc.start.delay = 5', { startDelay: 5 }],
  ['lxc.start.order = -3', { startOrder: -3 }],
  ['lxc.group = onboot\nlxc.group = web', { startGroups: ['onboot', 'web'] }],
  ['lxc.hook.pre-start = /h a', { hooks: new Map([['pre-start', ['/h a']]]) }],
  ['lxc.hook.mount = /h\nlxc.hook.mount = /i b', { hooks: new Map([['mount', ['/h', '/i b']]]) }],
  ['lxc.hook.mount = /h\nlxc.hook.mount =', { hooks: new Map() }],
  ['lxc.autodev = 0', { autodev: false }],
  ['lxc.hook.version = 1', { hookVersion: 1 }],
  ['lxc.log.level = debug', { logLevel: 'DEBUG' }],
  ['lxc.log.level = 0', { logLevel: 'TRACE' }],
  ['lxc.console.path = none\nlxc.console.logfile = /c', { consolePath: 'none', consoleLog: '/c' }],
  ['lxc.cgroup.memory.limit_in_bytes = 5M', { cgroup: [{ version: 1, file: 'memory.limit_in_bytes', value: '5M' }] }],
  ['lxc.cgroup2.memory.max = 5M', { cgroup: [{ version: 2, file: 'memory.max', value: '5M' }] }],
];

const NET_MAKES: readonly (readonly [string, object])[] = [
  ['type = macvlan', { type: 'macvlan' }],
  ['link = br0', { link: 'br0' }],
  ['flags = up', { up: true }],
  ['name = eth1', { name: 'eth1' }],
  ['hwaddr = 00:16:3E:xx:Xx:0a', { hwaddr: '00:16:3e:xx:xx:0a' }],
  ['mtu = 1400', { mtu: 1400 }],
  ['ipv4.address = 10.2.3.5/24 10.2.3.255', { ipv4: ['10.2.3.5/24'] }],
  ['ipv4.address = 10.2.3.5', { ipv4: ['10.2.3.5/32'] }],
  ['ipv6.address = 2003:db8::3597/64', { ipv6: ['2003:db8::3597/64'] }],
  ['ipv4.gateway = auto', { gateway4: 'auto' }],
  ['ipv6.gateway = fe80::1', { gateway6: 'fe80::1' }],
  ['veth.pair = web0', { pair: 'web0' }],
  ['veth.mode = router', { mode: 'router' }],
  ['macvlan.mode = bridge', { mode: 'bridge' }],
  ['ipvlan.mode = l2', { mode: 'l2' }],
  ['vlan.id = 7', { vlan: 7 }],
  ['script.up = /s', { scriptUp: ['/s'] }],
  ['script.down = /s', { scriptDown: ['/s'] }],
];

t.test('every key', async (t) => {
  for (const [text, expected] of MAKES) t.match(parsed(text), expected, text);
  for (const [text, expected] of NET_MAKES)
    t.match(parsed(`lxc.net.12.${text}`).nets.get(12), expected, `lxc.net.12.${text}`);
  // What is accepted and has no effect may not be refused by what it says.
  for (const key of Object.keys(KEYS)) {
    const name = key.replace('*', 'x');
    t.strictSame(
      problemsOf(`${name} =`).filter((problem) => problem.includes('unknown key')),
      [],
      `${name} is known`,
    );
  }
  const tested = [...NET_MAKES].map(([text]) => text.split(' ')[0]);
  t.strictSame(
    Object.keys(NET_KEYS).filter((key) => !tested.includes(key)),
    [],
    'no key of interfaces without a test',
  );
});

t.test('an empty value takes back what was said', async (t) => {
  t.strictSame(parsed('lxc.cap.drop = a b\nlxc.cap.drop =\nlxc.cap.drop = c').capDrop, ['c']);
  t.equal(parsed('lxc.signal.halt = 10\nlxc.signal.halt =').haltSignal, 30);
  t.equal(parsed('lxc.net.0.type = veth\nlxc.net.1.type = veth\nlxc.net.0 =').nets.size, 1);
  t.equal(parsed('lxc.net.0.type = veth\nlxc.net.1.type = veth\nlxc.net =').nets.size, 0);
  t.strictSame(parsed('lxc.cgroup2.devices.deny = a\nlxc.cgroup2.devices.deny =').cgroup, []);
  t.strictSame(parsed('lxc.mount.entry = a b tmpfs\nlxc.mount.entry =').mounts, []);
});

t.test('what is wrong is named with its line', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['\nfoo', /^\/c\/config:2: 'foo' is not KEY = VALUE$/],
    ['= x', /is not KEY = VALUE/],
    ['lxc.utsname = x', /:1: unknown key 'lxc.utsname': since LXC 3 it is lxc.uts.name/],
    ['lxc.network.link = x', /it is lxc.net.0.link/],
    ['lxc.network.ipv4 = 10.0.0.1/8', /it is lxc.net.0.ipv4.address/],
    ['lxc.limit.nofile = 3', /it is lxc.prlimit.nofile/],
    ['lxc.net.0.hwadr = 1', /unknown key 'lxc.net.0.hwadr'; did you mean lxc.net.0.hwaddr\?/],
    ['lxc.net.x.type = veth', /unknown key/],
    ['martian = 1', /unknown key 'martian'$/],
    ['lxc.__proto__ = 1', /unknown key/],
    ['lxc.net.0.constructor = 1', /unknown key/],
    ['lxc.net.0 = veth', /takes no value/],
    ['lxc.net.0.type = token-ring', /must be one of none, empty, veth/],
    ['lxc.net.0.hwaddr = 00:16:3e:zz:xx:xx', /six pairs of hex digits/],
    ['lxc.net.0.ipv4.address = 10.0.3.300/24', /must be an IPv4 address/],
    ['lxc.net.0.ipv4.address = 10.0.3.3/33', /must be an IPv4 address/],
    ['lxc.net.0.ipv6.address = 10.0.3.3', /must be an IPv6 address/],
    ['lxc.net.0.name = morethanfifteenletters', /at most 15 characters/],
    ['lxc.net.0.flags = down', /must be up/],
    ['lxc.rootfs.path = zfs:pool/x', /'zfs:' is a backing store that is not supported/],
    ['lxc.rootfs.path = overlay:/only', /has no upper directory/],
    ['lxc.rootfs.path = relative', /must be an absolute path/],
    ['lxc.uts.name = a b', /must be a host name/],
    ['lxc.init.cmd = "a', /quote that is not closed/],
    ['lxc.signal.halt = SIGNOTHING', /is not a signal/],
    ['lxc.idmap = u 0 1', /takes u, g or b/],
    ['lxc.idmap = u 0 1 0', /maps no id/],
    ['lxc.prlimit.files = 3', /there is no limit 'files'/],
    ['lxc.prlimit.nofile = 1:2:3', /takes SOFT:HARD/],
    ['lxc.mount.entry = a b', /takes SOURCE TARGET TYPE OPTIONS 0 0/],
    ['lxc.hook.nowhere = /x', /there is no hook 'nowhere'/],
    ['lxc.start.auto = yes', /must be 0 or 1/],
    ['lxc.arch = s390x', /cannot run on this machine/],
    ['lxc.time.offset.boot = 5ms', /takes whole seconds/],
    ['lxc.proc.timens_offsets = 1', /only oom_score_adj/],
    ['lxc.sched.core = 1', /core scheduling is not supported/],
    ['lxc.include = /nowhere/x', /lxc.include: \/nowhere\/x is not there/],
    ['lxc.mount.fstab = /nowhere/x', /lxc.mount.fstab cannot be read/],
  ];
  for (const [text, pattern] of table) t.match(problemsOf(text), [pattern], text);
  const all = problemsOf('a\nlxc.uts.name = ok\nb = 1\nlxc.start.auto = 2');
  t.match(all, [/:1:/, /:3:/, /:4:/], 'all of them at once');
});

t.test('includes: files, directories in order, relative to the file that includes', async (t) => {
  const directory = temporary('config');
  mkdirSync(join(directory, 'd'));
  const file = join(directory, 'config');
  writeFileSync(file, 'lxc.include = one.conf\nlxc.include = d\nlxc.include = missing.d/\nlxc.group = last\n');
  writeFileSync(join(directory, 'one.conf'), 'lxc.group = one\nlxc.mount.fstab = fstab\n');
  writeFileSync(join(directory, 'fstab'), '# mounts\n\nproc proc proc defaults 0 0\n');
  writeFileSync(join(directory, 'd/20-b.conf'), 'lxc.group = b\nnonsense\n');
  writeFileSync(join(directory, 'd/10-a.conf'), 'lxc.group = a\n');
  writeFileSync(join(directory, 'd/README'), 'not a configuration\n');
  t.throws(() => readConfig(file), {
    name: 'ConfigError',
    code: 'ERR_CONFIG',
    message: `${join(directory, 'd/20-b.conf')}:2: 'nonsense' is not KEY = VALUE`,
  });
  writeFileSync(join(directory, 'd/20-b.conf'), 'lxc.group = b\n');
  const config = readConfig(file, ['lxc.uts.name=defined']);
  t.strictSame(config.startGroups, ['one', 'a', 'b', 'last']);
  t.match(config.mounts, [{ target: 'proc', place: { file: join(directory, 'fstab'), line: 3 } }]);
  t.equal(config.hostname, 'defined');
  t.throws(() => readConfig(file, ['lxc.nonsense=1']), /--define:1: unknown key/);
  writeFileSync(join(directory, 'one.conf'), 'lxc.include = config\n');
  t.throws(() => readConfig(file), /does one include itself\?/);
  writeFileSync(join(directory, 'one.conf'), '');
  writeFileSync(join(directory, 'fstab'), 'too few\n');
  writeFileSync(file, 'lxc.mount.fstab = fstab');
  t.throws(() => readConfig(file), new RegExp(`config:1: lxc.mount.fstab ${directory}/fstab:1: takes SOURCE`));
});

t.test('a file is changed without losing anything of it', async (t) => {
  const text = '# mine\nlxc.uts.name = a\n\n  lxc.net.0.hwaddr=00:16:3e:xx:xx:xx # no comment\nlxc.uts.name = b\n';
  t.equal(
    linesOf(text)
      .map((line) => line.text)
      .join('\n'),
    text,
  );
  t.strictSame(valuesIn(text, 'lxc.uts.name'), ['a', 'b']);
  t.equal(withValue(text, 'lxc.uts.name', 'c'), text.replace('= b', '= c'));
  t.equal(withValue('a = 1\n\n\n', 'k', 'v'), 'a = 1\nk = v\n');
  t.equal(withValue('a = 1', 'k', ' v '), 'a = 1\nk = " v "\n');
  const changed = mapValues(
    text,
    (key) => key === 'lxc.uts.name',
    (value) => (value === 'a' ? undefined : value),
  );
  t.equal(changed, text.replace('lxc.uts.name = a\n', ''));
});

/** Characters that mean something to the reader, and some that mean nothing. */
const ALPHABET = [
  ...'lxc.net0= \t\n\n"\'#:/,\\x-é\0',
  'lxc.',
  'lxc.net.0.',
  'lxc.uts.name',
  ' = ',
  ...Object.keys(KEYS),
];

t.test('whatever a file holds: problems with their place, never anything else', async (t) => {
  const random = seeded(20261130);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: random.below(40) }, () => random.pick(ALPHABET)).join('');
    const { problems } = parseConfig(text, '/c/config');
    if (!problems.every((problem) => /^\/\S*:\d+: /.test(problem))) t.fail(JSON.stringify({ text, problems }));
    const again = linesOf(text).map(({ key, value, text: whole }) =>
      key === undefined ? whole : written(key, value ?? ''),
    );
    const values = (lines: string) => linesOf(lines).map(({ key, value }) => [key, value]);
    if (!isDeepStrictEqual(values(again.join('\n')), values(text)))
      t.fail(`not the same again: ${JSON.stringify(text)}`);
  }
  t.throws(() => readConfig('/nowhere/config'), { code: 'ENOENT' });
  t.ok(new ConfigError(['a', 'b']).message.includes('\n'));
});
