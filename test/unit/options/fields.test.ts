/** One table for each group of options: what it makes of good values, and what it says of bad ones. */
import { resolve } from 'node:path';
import t from 'tap';
import { capabilities } from '../../../lib/options/capabilities.ts';
import type { Check } from '../../../lib/options/check.ts';
import { env } from '../../../lib/options/environment.ts';
import { mount } from '../../../lib/options/mounts.ts';
import { hostname, id, interfaceName } from '../../../lib/options/names.ts';
import { network, parsePrefix } from '../../../lib/options/network.ts';
import { resources } from '../../../lib/options/resources.ts';
import { rlimits } from '../../../lib/options/rlimits.ts';
import { rootfs } from '../../../lib/options/rootfs.ts';
import { mapText, userNamespace } from '../../../lib/options/user-namespace.ts';
import { CAPABILITIES } from '../../../lib/program/constants.ts';

interface Group {
  check: Check<unknown>;
  good: readonly (readonly [given: unknown, comesTo?: unknown])[];
  bad: readonly (readonly [given: unknown, message: RegExp])[];
}

const ordinary = { type: 'bind', source: '/a', options: [], propagation: 'private' };
const mapping = { containerID: 0, hostID: 1000, size: 10 };
const mask = (...names: (typeof CAPABILITIES)[number][]): bigint =>
  names.reduce((bits, name) => bits | (1n << BigInt(CAPABILITIES.indexOf(name))), 0n);
const DEFAULT_MASK = 0xa80425fbn; // what Docker's containers show in CapEff

const GROUPS: Record<string, Group> = {
  id: {
    check: id,
    good: [['a'], ['web-1'], ['_x.y+z'], ['+'], ['-'], ['x'.repeat(64)], ['1.2']],
    bad: [
      ['', /must not be empty/],
      ['..', /must begin with/],
      ['.', /must begin with/],
      ['a/b', /must begin with/],
      ['a b', /must begin with/],
      ['a\n', /must begin with/],
      ['é', /must begin with/],
      ['a\0', /NUL/],
      ['x'.repeat(65), /at most 64/],
      ['x'.repeat(5000), /at most 64/],
      [5, /must be a string, got 5/],
      [{}, /must be a string, got an object/],
    ],
  },
  hostname: {
    check: hostname,
    good: [['administrator'], ['a.b-c.example'], ['h'.repeat(64)], ['7']],
    bad: [
      ['h'.repeat(65), /at most 64 characters/],
      ['', /empty/],
      ['-a', /letters, digits/],
      ['a.', /letters/],
      ['a b', /letters/],
      ['evil\n127.0.0.1 bank', /letters/],
      ['ü', /letters/],
    ],
  },
  interface: {
    check: interfaceName,
    good: [['eth1'], ['br-0.1_x'], ['e'.repeat(15)], ['eth@1']],
    bad: [
      ['e'.repeat(16), /at most 15/],
      ['a/b', /white space/],
      ['a b', /white space/],
      ['a\tb', /white space/],
      ['a:1', /':'/],
      ['..', /white space/],
      ['.', /white space/],
      ['éééééééé', /at most 15/],
      ['é', /white space/],
      ['', /empty/],
    ],
  },
  rootfs: {
    check: rootfs,
    good: [
      ['./rootfs', { type: 'directory', path: resolve('rootfs') }],
      ['/a//b/', { type: 'directory', path: '/a/b' }],
      ['host', { type: 'host' }],
      [{ lower: 'x' }, { type: 'overlay', lower: [resolve('x')], upper: undefined, work: undefined, size: undefined }],
      [
        { lower: ['/b', '/a'], size: 2 ** 20, ephemeral: true },
        { type: 'overlay', lower: ['/b', '/a'], size: 2 ** 20 },
      ],
      [
        { lower: '/a', upper: '/u' },
        { upper: '/u', work: '/u.work' },
      ],
      [
        { lower: '/a', upper: '/u', work: '/w', ephemeral: false },
        { upper: '/u', work: '/w' },
      ],
    ],
    bad: [
      [7, /'rootfs' must be a directory's path/],
      [null, /must be a directory's path/],
      [['/a'], /must be a directory's path.*got an array/],
      [{}, /'rootfs\.lower' must be a path/],
      [{ lower: [] }, /'rootfs\.lower' must have at least 1 element/],
      [{ lower: ['/a', 5] }, /'rootfs\.lower\[1\]' must be a string/],
      [{ lower: Array(501).fill('/a') }, /at most 500/],
      [{ lower: '/a', size: 100 }, /'rootfs\.size' must be at least 4096/],
      [{ lower: '/a', size: '1G' }, /'rootfs\.size' must be a number/],
      [{ lower: '/a', ephemeral: false }, /give rootfs\.upper/],
      [{ lower: '/a', ephemeral: true, upper: '/u' }, /contradicts rootfs\.upper/],
      [{ lower: '/a', upper: '/u', size: 8192 }, /'rootfs\.size' limits the private tmpfs/],
      [{ lower: '/a', work: '/w' }, /'rootfs\.work' needs rootfs\.upper/],
      [{ lower: '/a', upper: '/u', work: '/u/w' }, /must not contain one another/],
      [{ lower: '/a', upper: '/u/x', work: '/u' }, /must not contain one another/],
      [{ lowerdir: '/a' }, /unknown option 'rootfs\.lowerdir'.*did you mean 'lower'/],
    ],
  },
  mount: {
    check: mount,
    good: [
      [
        { source: '/a', target: '/b' },
        { ...ordinary, target: '/b' },
      ],
      [
        { source: 'x', target: '/b//c/' },
        { source: resolve('x'), target: '/b/c' },
      ],
      [
        { source: '/a', target: '/b', readonly: true, type: 'rbind' },
        { type: 'rbind', options: ['rnodev', 'rro'] },
      ],
      [
        { source: '/a', target: '/b', options: ['rbind', 'nosuid', 'nodev', 'ro'] },
        { type: 'rbind', options: ['rnodev', 'nosuid', 'nodev', 'ro'] },
      ],
      [
        { source: '/dev', target: '/b', type: 'rbind', options: ['nodev'] },
        { type: 'rbind', options: ['rnodev', 'nodev'] },
      ],
      [
        { source: '/a', target: '/b', type: 'rbind', options: ['nodev', 'dev'] },
        { type: 'rbind', options: ['nodev', 'dev'] },
      ],
      [
        { source: '/a', target: '/b', options: ['nodev'] },
        { type: 'bind', options: ['nodev'] },
      ],
      [
        { target: '/t', type: 'tmpfs', options: ['size=1m,nosuid', 'ro'] },
        { source: 'tmpfs', options: ['nodev', 'size=1m', 'nosuid', 'ro'] },
      ],
      [
        { target: '/proc', type: 'proc' },
        { type: 'proc', source: 'proc' },
      ],
      [{ source: '/lxcfs/cpuinfo', target: '/proc/cpuinfo' }, { target: '/proc/cpuinfo' }],
      [{ source: '/a', target: '/procfs' }],
      [{ source: '/a', target: '/b', propagation: 'rslave' }, { propagation: 'rslave' }],
      [
        { source: '/a', target: '/b', type: 'bind', options: ['rbind', 'rprivate', 'ro'] },
        { type: 'rbind', options: ['rnodev', 'ro'], propagation: 'rprivate' },
      ],
      [
        { source: '/a', target: '/b', options: ['bind,rslave'], propagation: 'shared' },
        { type: 'bind', options: ['nodev'], propagation: 'shared' },
      ],
    ],
    bad: [
      [{ source: '/a', target: '/b', type: 'tmpfs', options: ['rbind'] }, /must be 'bind' or 'rbind' with the option/],
      [{ source: '/a' }, /'mount\.target' must be an absolute path/],
      [{ source: '/a', target: 'b' }, /'mount\.target' must be an absolute path, got "b" \(begin it with/],
      [{ source: '/a', target: '/b/../c' }, /must not contain '\.\.'/],
      [{ source: '/a', target: '/' }, /must not be the root/],
      [{ source: '/a', target: '//' }, /must not be the root/],
      [{ target: '/b' }, /'mount\.type' must be one of.*or give source/],
      [{ target: '/b', type: 'bind' }, /'mount\.source' must be a path on the host/],
      [{ target: '/b', type: 'ext4' }, /'mount\.type' must be one of 'bind', 'rbind'/],
      [{ target: '/b', type: 'tmpf' }, /did you mean 'tmpfs'/],
      [{ source: '', target: '/b' }, /'mount\.source' must not be empty/],
      [{ source: '/a', target: '/b', options: 'ro' }, /'mount\.options' must be an array/],
      [{ source: '/a', target: '/b', options: ['ro\0'] }, /'mount\.options\[0\]'.*NUL/],
      [{ source: '/a', target: '/b', propagation: 'rsla' }, /did you mean 'rslave'/],
      [{ source: '/a', target: '/proc/sys/kernel' }, /'mount\.target' must not be in \/proc/],
      [{ source: '/a', target: '/proc' }, /must not be in \/proc/],
      [{ source: '/a', target: '/proc/self/attr' }, /must not be in \/proc/],
      [{ target: '/proc/x', type: 'tmpfs' }, /must not be in \/proc/],
      [{ source: '/a', target: '/./proc/sys' }, /must not be in \/proc/],
      [
        { source: '/a', target: '/b', options: ['ro,nosiud'] },
        /'mount\.options' has an option that a bind mount does not take, got "nosiud" \(did you mean 'nosuid'/,
      ],
      [{ source: '/a', target: '/b', options: ['size=1m'] }, /a bind mount does not take/],
      ['/a:/b', /'mount' must be an object/],
    ],
  },
  resources: {
    check: resources,
    good: [
      [{ memory: 10 * 2 ** 20, memorySwap: -1, cpus: 0.5, cpuWeight: 100, cpuset: '0,0-0', cpusetMems: '0', pids: 64 }],
      [{ memory: 4096, memorySwap: 4096, memoryReservation: 4096 }],
      [{}, {}],
      [{ cpus: 0.01, memorySwap: -1 }],
    ],
    bad: [
      [{ memory: '10M' }, /'resources\.memory' must be a number, got "10M" \(bytes are numbers/],
      [{ memory: 0 }, /at least 4096/],
      [{ memory: -5 }, /at least 4096.*got -5/],
      [{ memory: Number.NaN }, /'resources\.memory'.*got NaN/],
      [{ memory: Number.POSITIVE_INFINITY }, /got Infinity/],
      [{ memory: 5000.5 }, /must be an integer/],
      [{ memory: 2 ** 53 }, /at most 2\^53/],
      [{ memory: 10n }, /must be a number, got 10n/],
      [{ memorySwap: 8192 }, /needs resources\.memory/],
      [{ memory: 8192, memorySwap: 4096 }, /must be at least resources\.memory, 8192/],
      [{ memory: 8192, memoryReservation: 9000 }, /must be at most resources\.memory/],
      [{ cpus: 0 }, /'resources\.cpus' must be at least 0\.01/],
      [{ cpus: Number.NaN }, /NaN/],
      [{ cpus: '2' }, /must be a number/],
      [{ cpuWeight: 0 }, /at least 1 and at most 10000/],
      [{ cpuWeight: 10001 }, /at most 10000/],
      [{ cpuset: '' }, /must not be empty/],
      [{ cpuset: '0-' }, /list of numbers and ranges/],
      [{ cpuset: '3-1' }, /range 3-1, which ends before/],
      [{ cpuset: '0,99999' }, /99999/],
      [{ cpuset: 0 }, /must be a string/],
      [{ cpuset: '0\n' }, /list/],
      [{ cpusetMems: 'a' }, /list/],
      [{ pids: 0 }, /at least 1/],
      [{ pids: 2 ** 22 + 1 }, /at most 4194304/],
    ],
  },
  network: {
    check: network,
    good: [
      ['none', 'none'],
      ['host', 'host'],
      ['bridge', [{ interface: 'eth0', bridge: 'cofferdam0' }]],
      ['container:web', { container: 'web' }],
      [{}, [{ interface: 'eth0', address: undefined, bridge: undefined, gateway: undefined, mtu: undefined }]],
      [
        [{}, { interface: 'lan' }, {}],
        [{ interface: 'eth0' }, { interface: 'lan' }, { interface: 'eth2' }],
      ],
      [{ bridge: 'lab', address: '10.0.0.1' }, [{ address: '10.0.0.1' }]],
      [{ mac: '02:00:00:00:00:fF' }, [{ mac: '\x02\x00\x00\x00\x00\xff' }]],
      [
        {
          bridge: 'lab',
          publish: [{ container: 80 }, { host: 0, container: 53, protocol: 'udp', address: '127.0.0.1' }],
        },
        [
          {
            publish: [
              { host: 80, container: 80, protocol: 'tcp', address: undefined },
              { host: 0, protocol: 'udp' },
            ],
          },
        ],
      ],
      [
        { routes: [{ destination: '10.1.0.0/16', gateway: '10.0.0.9' }] },
        [{ routes: [{ destination: '10.1.0.0/16' }] }],
      ],
      [{ interface: 'eth1', address: '10.0.0.1/24', gateway: '10.0.0.254', bridge: 'br0', mtu: 1400 }],
      [{ address: 'fd00::2/64', gateway: 'fd00::1', mtu: 1280 }],
      [{ address: '::ffff:1.2.3.4/128' }],
      [{ address: '10.0.0.1/0', gateway: '192.0.2.1' }],
    ],
    bad: [
      ['bridged', /must be 'none', 'host', 'bridge', 'pasta', 'slirp4netns', 'container:ID', an object or a list/],
      ['container:', /'network' must not be empty|must begin with/],
      ['container:../x', /must begin with/],
      [true, /an object or a list/],
      [[5], /'network\[0\]' must be an object/],
      [[{ interface: 'a' }, { interface: 'a' }], /'network\[1\]\.interface' is the name of an earlier/],
      [Array.from({ length: 9 }, () => ({})), /at most 8/],
      [{ mac: '01:00:00:00:00:01' }, /multicast/],
      [{ mac: '02-00' }, /of the form/],
      [{ publish: [{ container: 80 }] }, /'network\.publish' needs network\.bridge/],
      [{ bridge: 'b', publish: [{ host: 80 }] }, /publish\[0\]\.container' must be a port number/],
      [{ bridge: 'b', publish: [{ container: 0 }] }, /container' must be at least 1/],
      [
        { bridge: 'b', publish: [{ container: 80 }, { container: 80 }] },
        /publish\[1\]' publishes a port of the host twice/,
      ],
      [{ bridge: 'b', publish: [{ container: 80, address: '::1' }] }, /loopback/],
      [{ routes: [{ gateway: '10.0.0.1' }] }, /destination' must be a prefix/],
      [{ routes: [{ destination: '10.1.0.0/16', gateway: 'fd00::1' }] }, /family/],
      [{ interface: 'averyveryverylongname' }, /'network\.interface' must be at most 15/],
      [{ interface: 'lo' }, /loopback/],
      [{ address: '10.0.0.1' }, /needs a prefix length.*10\.0\.0\.1\/24/],
      [{ address: 'fd00::1' }, /fd00::1\/64/],
      [{ address: '10.0.0.1/33' }, /IP address with prefix length/],
      [{ address: '10.0.0.1/024' }, /IP address/],
      [{ address: '10.0.0.1/-1' }, /IP address/],
      [{ address: '10.0.0.256/24' }, /IP address/],
      [{ address: '010.0.0.1/24' }, /IP address/],
      [{ address: '10.0.0/24' }, /IP address/],
      [{ address: 'fe80::1%eth0/64' }, /IP address/],
      [{ address: '10.0.0.1/24/8' }, /IP address/],
      [{ address: 'localhost/24' }, /IP address/],
      [{ gateway: '10.0.0.1' }, /'network\.gateway' needs network\.address/],
      [{ address: '10.0.0.1/24', gateway: '10.0.1.1' }, /must lie within network\.address/],
      [{ address: '10.0.0.1/24', gateway: 'fd00::1' }, /must lie within/],
      [{ address: '10.0.0.1/24', gateway: 'x' }, /must be an IP address/],
      [{ mtu: 60 }, /at least 68/],
      [{ mtu: 1000, address: 'fd00::1/64' }, /at least 1280 for IPv6/],
    ],
  },
  env: {
    check: env,
    good: [
      [
        { PATH: '/bin', EMPTY: '', 'with space': 'é' },
        { PATH: '/bin', EMPTY: '', 'with space': 'é' },
      ],
    ],
    bad: [
      [{ '': 'x' }, /not empty/],
      [{ 'A=B': 'x' }, /no '='/],
      [{ 'A\0': 'x' }, /NUL/],
      [{ A: 'x\0y' }, /'env\.A' must not contain a NUL/],
      [{ A: 5 }, /'env\.A' must be a string, got 5/],
      [{ A: null }, /'env\.A' must be a string, got null/],
      [['A=B'], /must be an object, got an array/],
    ],
  },
  userNamespace: {
    check: userNamespace,
    good: [
      [{ uidMappings: [mapping], gidMappings: [mapping, { containerID: 10, hostID: 5000, size: 65526 }] }],
      [{ uidMappings: [{ containerID: 0, hostID: 0, size: 2 ** 32 - 1 }], gidMappings: [mapping] }],
    ],
    bad: [
      [{ uidMappings: [mapping] }, /'userNamespace\.gidMappings' must be an array/],
      [{ uidMappings: [], gidMappings: [mapping] }, /at least 1/],
      [
        { uidMappings: [{ containerID: 0, hostID: 1 }], gidMappings: [mapping] },
        /'userNamespace\.uidMappings\[0\]\.size' must be a number/,
      ],
      [{ uidMappings: [{ ...mapping, size: 0 }], gidMappings: [mapping] }, /size' must be at least 1/],
      [{ uidMappings: [{ ...mapping, hostID: -1 }], gidMappings: [mapping] }, /hostID' must be at least 0/],
      [{ uidMappings: [{ ...mapping, hostID: 2 ** 32 - 2 }], gidMappings: [mapping] }, /beyond the largest id/],
      [
        { uidMappings: [mapping, { ...mapping, hostID: 9000 }], gidMappings: [mapping] },
        /two mappings with the containerID 0/,
      ],
      [
        { uidMappings: [mapping, { ...mapping, containerID: 20, hostID: 1009 }], gidMappings: [mapping] },
        /hostID 1009/,
      ],
      [
        {
          uidMappings: Array.from({ length: 341 }, (_, i) => ({ containerID: i, hostID: i, size: 1 })),
          gidMappings: [mapping],
        },
        /at most 340/,
      ],
      [
        {
          uidMappings: Array.from({ length: 300 }, (_, i) => ({ containerID: 1e9 + i, hostID: 1e9 + i, size: 1 })),
          gidMappings: [mapping],
        },
        /bytes as text/,
      ],
      [{ uidMappings: Array(100_000).fill(mapping), gidMappings: [mapping] }, /at most 340/],
    ],
  },
  rlimits: {
    check: rlimits,
    good: [
      [{ nofile: 1024 }, [{ resource: 7, soft: 1024, hard: 1024 }]],
      [
        { core: 'unlimited', nproc: { soft: 5, hard: 'unlimited' } },
        [
          { resource: 4, soft: -1, hard: -1 },
          { resource: 6, soft: 5, hard: -1 },
        ],
      ],
      [{ cpu: 0 }, [{ resource: 0, soft: 0, hard: 0 }]],
    ],
    bad: [
      [{ NOFILE: 5 }, /unknown option 'rlimits\.NOFILE'.*did you mean 'nofile'/],
      [{ nofile: -1 }, /at least 0/],
      [{ nofile: '5' }, /a number or 'unlimited', got "5"/],
      [{ nofile: { soft: 5 } }, /'rlimits\.nofile\.hard'/],
      [{ nofile: { hard: 5 } }, /'rlimits\.nofile\.soft'/],
      [{ nofile: { soft: 6, hard: 5 } }, /must be at most rlimits\.nofile\.hard, 5/],
      [{ nofile: { soft: 'unlimited', hard: 5 } }, /must be at most/],
      [{ nofile: 2 ** 53 }, /2\^53/],
      [{ nofile: null }, /rlimits\.nofile/],
    ],
  },
  capabilities: {
    check: capabilities,
    good: [
      [
        'default',
        {
          bounding: DEFAULT_MASK,
          effective: DEFAULT_MASK,
          permitted: DEFAULT_MASK,
          inheritable: 0n,
          ambient: 0n,
          required: 0n,
        },
      ],
      ['all', { bounding: 2n ** 64n - 1n, required: 0n }],
      [
        ['CAP_NET_ADMIN', 'net_raw', 'Cap_Chown'],
        {
          permitted: mask('NET_ADMIN', 'NET_RAW', 'CHOWN'),
          required: mask('NET_ADMIN', 'NET_RAW', 'CHOWN'),
          ambient: 0n,
        },
      ],
      [[], { bounding: 0n, effective: 0n }],
      [{}, { bounding: DEFAULT_MASK }],
      [
        { add: ['SYS_ADMIN'], drop: ['MKNOD'] },
        { bounding: (DEFAULT_MASK | mask('SYS_ADMIN')) & ~mask('MKNOD'), required: mask('SYS_ADMIN') },
      ],
      [{ drop: ['ALL'], add: ['CHOWN'] }, { bounding: mask('CHOWN') }],
      [{ drop: ['all'] }, { bounding: 0n }],
      [
        { add: ['ALL'], drop: ['CHOWN'] },
        { bounding: (2n ** 64n - 1n) & ~1n, required: 0n },
      ],
      [
        { bounding: ['CHOWN', 'KILL'], permitted: ['KILL'], inheritable: ['KILL'], ambient: ['KILL'] },
        { bounding: mask('CHOWN', 'KILL'), permitted: mask('KILL'), effective: 0n, ambient: mask('KILL') },
      ],
    ],
    bad: [
      ['none', /'capabilities' must be 'default', 'all'/],
      [5, /'default', 'all', an array/],
      [['NET_ADMN'], /'capabilities\[0\]' must be a capability.*did you mean 'NET_ADMIN'/],
      [['ALL'], /must be a capability/],
      [{ add: 'CHOWN' }, /'capabilities\.add' must be an array/],
      [{ add: [5] }, /'capabilities\.add\[0\]' must be a string/],
      [{ remove: [] }, /unknown option 'capabilities\.remove'/],
      [{ bounding: [], add: [] }, /unknown option 'capabilities\.add'/],
      [{ permitted: ['KILL'] }, /'capabilities\.permitted' must be within capabilities\.bounding, got "KILL"/],
      [
        { bounding: ['KILL'], permitted: ['KILL'], ambient: ['KILL'] },
        /'capabilities\.ambient' must be within capabilities\.inheritable/,
      ],
      [{ bounding: ['KILL'], effective: ['KILL'] }, /effective' must be within capabilities\.permitted/],
    ],
  },
};

for (const [name, { check, good, bad }] of Object.entries(GROUPS))
  t.test(name, (t) => {
    for (const [given, ...rest] of good) {
      const [comesTo] = rest;
      const result = check(given, name);
      if (rest.length === 0) t.pass(JSON.stringify(given));
      else if (typeof comesTo === 'object') t.match(result, comesTo as object, String(comesTo));
      else t.equal(result, comesTo);
    }
    for (const [given, message] of bad)
      t.throws(() => check(given, name), { code: /^ERR_(INVALID_OPTION|UNKNOWN_OPTION)/, message }, String(message));
    t.end();
  });

t.test('default capabilities are none beyond the fourteen', (t) => {
  t.equal((capabilities('default', '') as { bounding: bigint }).bounding, DEFAULT_MASK);
  t.end();
});

t.test('an address taken apart', (t) => {
  t.strictSame(parsePrefix('10.1.2.3/8'), { address: '10.1.2.3', family: 'ipv4', length: 8 });
  t.strictSame(parsePrefix('::/0'), { address: '::', family: 'ipv6', length: 0 });
  t.end();
});

t.test('the text of a map', (t) => {
  t.equal(mapText([mapping, { containerID: 10, hostID: 1, size: 2 }]), '0 1000 10\n10 1 2\n');
  t.end();
});
