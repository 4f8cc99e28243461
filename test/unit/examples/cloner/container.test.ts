/** Configurations as the library's options. */
import t from 'tap';
import { parseConfig } from '../../../../examples/cloner/config/read.ts';
import type { Host } from '../../../../examples/cloner/container/host.ts';
import { withRandomDigits } from '../../../../examples/cloner/container/network.ts';
import { optionsOf } from '../../../../examples/cloner/container/options.ts';

const FILES: Readonly<Record<string, string>> = {
  '/srv/objects': '',
  '/sys/class/net/br0': '',
  '/dhcp/etc/init.d/rcS': '#!/bin/sh\n/bin/syslogd\n/bin/udhcpc\n',
  '/seccomp': '2\ndenylist\nreject_force_umount  # no\n[all]\nkexec_load errno 1\nptrace errno 1\n',
  '/allow': '2\nallowlist\nread\nwrite\n',
};

const host = (changes: Partial<Host> = {}): Host => ({
  exists: (path) => Object.hasOwn(FILES, path),
  read: (path) => {
    if (!Object.hasOwn(FILES, path)) throw new Error(`ENOENT: ${path}`);
    return FILES[path] as string;
  },
  cgroups: 1,
  counts: [],
  pidOf: (name) => (name === 'other' ? 4711 : undefined),
  ...changes,
});

const of = (text: string, changes: Partial<Host> = {}) => {
  const { config, problems } = parseConfig(text, '/c/config');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return optionsOf(config, host(changes));
};

t.test('what a configuration becomes', async (t) => {
  const table: readonly (readonly [string, object])[] = [
    ['', { rootfs: 'host', network: 'none', noNewPrivileges: false, seccomp: 'default', env: { container: 'lxc' } }],
    ['lxc.rootfs.path = dir:/r\nlxc.rootfs.options = ro', { rootfs: '/r', readonly: true }],
    ['lxc.rootfs.path = overlay:/a:/b:/u', { rootfs: { lower: ['/a', '/b'], upper: '/u', work: '/u.work' } }],
    ['lxc.rootfs.path = overlay:/a:tmpfs', { rootfs: { lower: ['/a'], ephemeral: true } }],
    ['lxc.uts.name = web', { hostname: 'web' }],
    ['lxc.environment = A=1', { env: { container: 'lxc', A: '1' } }],
    ['lxc.init.uid = 7\nlxc.init.gid = 8\nlxc.init.groups = 9', { user: { uid: 7, gid: 8, groups: [9] } }],
    ['lxc.init.cwd = /srv', { cwd: '/srv' }],
    ['lxc.prlimit.nofile = 5:6', { rlimits: { nofile: { soft: 5, hard: 6 } } }],
    ['lxc.sysctl.net.ipv4.ip_forward = 1', { sysctl: { 'net.ipv4.ip_forward': '1' } }],
    ['lxc.idmap = b 0 100000 10', { userNamespace: { uidMappings: [{ containerID: 0, hostID: 100000, size: 10 }] } }],
    ['lxc.namespace.keep = ipc net', { namespaces: { ipc: 'host', network: 'host' } }],
    ['lxc.namespace.clone = mount pid', { namespaces: { ipc: 'host', network: 'host', uts: 'host', cgroup: 'host' } }],
    ['lxc.namespace.share.net = other', { namespaces: { network: { path: '/proc/4711/ns/net' } } }],
    ['lxc.time.offset.boot = 5', { timeOffsets: { boottime: 5 } }],
    ['lxc.mount.auto = proc:rw', { maskedPaths: [], readonlyPaths: [] }],
    ['lxc.mount.auto = sys:rw', { mounts: [{ type: 'sysfs', target: '/sys' }] }],
    ['lxc.seccomp.profile = /seccomp', { seccomp: { deny: ['kexec_load', 'ptrace'] } }],
    [
      'lxc.seccomp.profile = /allow',
      {
        seccomp: {
          defaultAction: 'SCMP_ACT_ERRNO',
          syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' }],
        },
      },
    ],
    ['lxc.no_new_privs = 1', { noNewPrivileges: true }],
  ];
  for (const [text, expected] of table) t.match(of(text), expected, text);
});

t.test('capabilities are never more than the library’s and CAP_SYS_BOOT', async (t) => {
  t.strictSame(of('').capabilities, { add: ['SYS_BOOT'], drop: [] });
  t.strictSame(of('lxc.cap.drop = sys_boot mknod').capabilities, { add: [], drop: ['SYS_BOOT', 'MKNOD'] });
  t.strictSame(of('lxc.cap.keep = chown kill\nlxc.cap.drop = kill').capabilities, ['CHOWN']);
  t.strictSame(of('lxc.cap.keep = none').capabilities, []);
  t.match(of('lxc.namespace.keep = pid').capabilities, { add: [] }, 'reboot(2) would be the host’s');
  t.match(of('lxc.namespace.clone = mount').capabilities, { add: [] });

  t.match(of('lxc.rootfs.path = /dhcp').capabilities, { drop: ['NET_RAW'] }, 'its init waits for DHCP');
});

t.test('mounts', async (t) => {
  const mounts = (text: string) => of(`lxc.rootfs.path = /r\n${text}`).mounts;
  t.match(mounts('lxc.mount.entry = /srv/objects objects none bind,ro,create=dir 0 0'), [
    { type: 'bind', source: '/srv/objects', target: '/objects', options: ['ro'] },
  ]);
  t.match(mounts('lxc.mount.entry = /srv/objects /r/objects none rbind,rslave'), [
    { type: 'rbind', target: '/objects', propagation: 'rslave', options: [] },
  ]);
  t.match(mounts('lxc.mount.entry = none tmp tmpfs size=1m,nosuid'), [
    { type: 'tmpfs', target: '/tmp', options: ['size=1m', 'nosuid'] },
  ]);
  t.strictSame(mounts('lxc.mount.entry = /nowhere x none bind,optional'), []);
  t.strictSame(mounts('lxc.mount.entry = x x fuse.lxcfs optional'), []);
  t.strictSame(mounts('lxc.mount.entry = mqueue dev/mqueue mqueue defaults'), [], 'is there anyway');
  t.strictSame(mounts('lxc.mount.entry = /srv/objects ../../etc none bind')?.[0]?.target, '/etc', 'stays inside');
  t.throws(() => mounts('lxc.mount.entry = /nowhere x none bind'), /config:2: lxc.mount.entry: \/nowhere is not there/);
  t.throws(() => mounts('lxc.mount.entry = x x ext4 defaults'), /config:2: .*'ext4' is not supported/);
});

t.test('limits of either version', async (t) => {
  const resources = (text: string, cgroups: 1 | 2 = 1) => of(text, { cgroups }).resources;
  t.strictSame(resources('lxc.cgroup.memory.limit_in_bytes = 512M'), { memory: 2 ** 29 });
  t.strictSame(resources('lxc.cgroup2.memory.max = 512M'), { memory: 2 ** 29 }, 'v2’s on a machine with v1');
  t.strictSame(resources('lxc.cgroup.memory.limit_in_bytes = 512M', 2), { memory: 2 ** 29 });
  t.strictSame(
    resources('lxc.cgroup2.memory.max = 1G\nlxc.cgroup.memory.limit_in_bytes = 512M\nlxc.cgroup2.pids.max = 7'),
    { memory: 2 ** 29, pids: 7 },
    'the machine’s own count',
  );
  t.strictSame(resources('lxc.cgroup.cpu.cfs_quota_us = 50000'), { cpus: 0.5 });
  t.strictSame(resources('lxc.cgroup2.cpu.max = 50000 200000'), { cpus: 0.25 });
  t.strictSame(resources('lxc.cgroup.devices.deny = a\nlxc.cgroup.devices.allow = c 136:* rw'), {
    devices: [
      { allow: false, type: 'a', access: 'rwm' },
      { allow: true, type: 'c', major: 136, access: 'rw' },
    ],
  });
  t.throws(() => resources('lxc.cgroup.devices.allow = c 1 rw'), /config:1: .*such as 'a' or 'c 10:229 rwm'/);
  t.strictSame(resources('lxc.cgroup2.cpu.max = max'), {});
  t.strictSame(resources('lxc.cgroup.cpu.shares = 1024'), { cpuWeight: 100 });
  t.strictSame(resources('lxc.cgroup.cpuset.cpus = 0-1\nlxc.cgroup.cpuset.mems = 0'), {
    cpuset: '0-1',
    cpusetMems: '0',
  });
  t.strictSame(resources('lxc.cgroup2.memory.max = 8M\nlxc.cgroup2.memory.swap.max = 0'), {
    memory: 2 ** 23,
    memorySwap: 2 ** 23,
  });
  t.strictSame(resources('lxc.cgroup2.memory.high = 8M'), {}, 'v1 has none, as LXC leaves it out');
  t.strictSame(resources('lxc.cgroup2.memory.high = 8M', 2), { memoryHigh: 2 ** 23 });
  t.strictSame(resources('lxc.cgroup2.memory.zswap.max = 8M', 2), { unified: { 'memory.zswap.max': '8M' } });
  t.strictSame(resources('lxc.cgroup.blkio.throttle.read_bps_device = 8:0 1M\nlxc.cgroup2.io.max = 8:16 wiops=5'), {
    io: {
      devices: [
        { device: '8:16', writeIops: 5 },
        { device: '8:0', readBps: 2 ** 20 },
      ],
    },
  });
  t.strictSame(resources('lxc.cgroup.hugetlb.2MB.limit_in_bytes = 4M'), { hugetlb: { '2MB': 2 ** 22 } });
  t.strictSame(resources('lxc.cgroup.devices.deny = a\nlxc.cgroup2.devices.allow = c 1:3 rwm'), {
    devices: [{ allow: false, type: 'a', access: 'rwm' }],
  });
  t.throws(() => resources('\nlxc.cgroup.memory.limit_in_bytes = much'), /config:2: .*must be a number of bytes/);
  t.throws(() => resources('lxc.cgroup.net_cls.classid = 1'), /config:1: lxc.cgroup.net_cls.classid is not supported/);
  t.strictSame(resources('lxc.cgroup2.pids.max = 5', 1), { pids: 5 });
  t.strictSame(of('', { counts: ['cpu', 'memory'] }).resources, {
    cpuWeight: 100,
    memoryReservation: Number.MAX_SAFE_INTEGER,
  });
});

t.test('interfaces', async (t) => {
  const veth = 'lxc.net.3.type = veth\nlxc.net.3.flags = up\n';
  const network = (text: string) => of(text).network;
  t.strictSame(network('lxc.net.0.type = empty'), 'none');
  t.strictSame(network('lxc.net.0.type = none'), 'host');
  t.match(
    network(`${veth}lxc.net.3.link = lxcbr0`),
    [{ interface: 'eth0', bridge: 'cofferdam0' }],
    'there is no lxcbr0',
  );
  t.match(
    network(`${veth}lxc.net.3.link = br0\nlxc.net.3.ipv4.address = 10.0.3.5/24\nlxc.net.3.ipv4.gateway = 10.0.3.1`),
    [{ bridge: 'br0', address: '10.0.3.5/24', gateway: '10.0.3.1' }],
  );
  t.match(network(`${veth}lxc.net.3.name = lan0\nlxc.net.3.mtu = 1400\nlxc.net.3.hwaddr = 00:16:3e:00:00:01`), [
    { interface: 'lan0', mtu: 1400, mac: '00:16:3e:00:00:01' },
  ]);
  const both =
    'lxc.net.3.ipv4.address = 10.0.3.5/24\nlxc.net.3.ipv6.address = fd00::5/64\nlxc.net.3.ipv6.gateway = fd00::1';
  t.match(network(`${veth}lxc.net.3.link = br0\n${both}`), [
    {
      address: '10.0.3.5/24',
      addresses: ['fd00::5/64'],
      gateway: undefined,
      routes: [{ destination: '::/0', gateway: 'fd00::1' }],
    },
  ]);
  t.match(network('lxc.net.0.type = macvlan\nlxc.net.0.link = br0\nlxc.net.0.macvlan.mode = bridge'), [
    { interface: 'eth0', type: 'macvlan', parent: 'br0', mode: 'bridge' },
  ]);
  t.match(network('lxc.net.0.type = phys\nlxc.net.0.link = lan1'), [
    { interface: 'lan1', type: 'move', device: 'lan1' },
  ]);
  t.throws(() => network('lxc.net.0.type = macvlan'), /has no link, which type macvlan needs/);
  t.throws(
    () => network('lxc.net.0.type = vlan\nlxc.net.0.link = br0'),
    /vlan is not supported; there are veth, macvlan/,
  );
  t.throws(() => network('lxc.net.0.link = br0'), /lxc.net.0 has no type/);
  t.throws(() => network(`lxc.net.0.type = none\n${veth}`), /excludes all other interfaces/);
  t.match(withRandomDigits('00:16:3e:xx:xx:xx'), /^00:16:3e(:[0-9a-f]{2}){3}$/);
  for (let round = 0; round < 50; round++)
    t.match(withRandomDigits('xx:xx:xx:xx:xx:xx'), /^[0-9a-f][26ae]:/, 'one card’s, and not a registered one');
});
