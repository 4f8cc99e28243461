/** Every option with every strange value: taken, or refused by a typed error that names the option; never anything else. */
import t from 'tap';
import { normalizeContainerOptions, normalizeSandboxOptions } from '../../../lib/options/index.ts';
import { normalizeNetworkOptions } from '../../../lib/options/networks.ts';

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
cyclic.list = [cyclic];

let deep: unknown = 'bottom';
for (let i = 0; i < 20_000; i++) deep = i % 2 ? [deep] : { deep };

const STRANGE: Record<string, unknown> = {
  'a NUL byte': 'a\0b',
  'a lone surrogate': '\ud800',
  'a line break': '/a\nb',
  'a million characters': 'a'.repeat(1_000_000),
  'a path of a million characters': `/${'a/'.repeat(500_000)}`,
  nothing: '',
  digits: '4294967296',
  'a symbol': Symbol('strange'),
  'a BigInt': 10n ** 40n,
  'a negative BigInt': -1n,
  '-0': -0,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'a fraction': 0.1,
  'more than a double counts': 2 ** 53,
  true: true,
  null: null,
  'a function': () => 'x',
  'a class': class Strange {},
  'a date': new Date(0),
  'a map': new Map([['a', 'b']]),
  'a string object': new String('x'),
  'a number object': new Number(1),
  bytes: Buffer.from('x'),
  'an empty object': {},
  'an object without a prototype': Object.create(null),
  'an own __proto__': JSON.parse('{"__proto__":{"uid":0},"constructor":1}'),
  'symbols for keys': { [Symbol('key')]: 1 },
  'what turns into text': { toString: () => '/x', valueOf: () => 1, [Symbol.toPrimitive]: () => '/x' },
  'a cycle': cyclic,
  'a depth of twenty thousand': deep,
  'an empty list': [],
  'a list of holes': Array(3),
  'a list of lists': [[[]]],
  'a list of a hundred thousand': Array(100_000).fill('x'),
  'a list with a length of its own': { length: 2 ** 31, 0: 'x' },
  'a promise': Promise.resolve('x'),
  'a proxy of a list': new Proxy(['x'], {}),
  'a proxy of a function': new Proxy(() => {}, {}),
};

type Place = (value: unknown) => object;
const at =
  (key: string, place: Place = (value) => value as object): Place =>
  (value) => ({ [key]: place(value) });
const rows = (outer: string, keys: string, more: object = {}): [string, Place][] =>
  keys.split(' ').map((key) => [`${outer}.${key}`, at(outer, (value) => ({ ...more, [key]: value }))]);
const items = (outer: string, keys: string, more: object = {}): [string, Place][] =>
  keys.split(' ').map((key) => [`${outer}[0].${key}`, at(outer, (value) => [{ ...more, [key]: value }] as object)]);

const PLACES: [string, Place][] = [
  ...`rootfs readonly id hostname domainname namespaces userNamespace timeOffsets mounts hooks defaultMounts maskedPaths
    readonlyPaths sysctl resources cgroupParent network hosts publish sandbox init signal name detached restart logs labels
    env cwd user umask rlimits capabilities noNewPrivileges seccomp oomScoreAdj landlock apparmor selinux`
    .split(/\s+/)
    .map((key): [string, Place] => [key, at(key)]),
  ...rows('rootfs', 'lower upper work ephemeral path'),
  ...rows('namespaces', 'pid network user mount ipc uts cgroup time'),
  ...rows('userNamespace', 'uidMappings gidMappings'),
  ...rows('resources', 'memory memorySwap cpus cpuset pids devices unified blockIO hugepages'),
  ...rows('user', 'uid gid groups'),
  ...rows('capabilities', 'add drop bounding ambient'),
  ...rows('seccomp', 'allow deny notify defaultAction syscalls architectures'),
  ...rows('landlock', 'read write execute bind connect scoped'),
  ...rows('network', 'bridge interface address mac mtu publish dns aliases rate'),
  ...rows('rlimits', 'nofile core'),
  ...rows('env', 'A'),
  ...rows('sysctl', 'net.ipv4.ip_forward'),
  ...rows('hosts', 'name'),
  ...rows('hooks', 'preMount createContainer'),
  ...items('mounts', 'source target type options', { target: '/x', type: 'tmpfs' }),
];

const CODES = /^ERR_/;

/** @param names what a message may call it by */
function says(call: () => unknown, names: string): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    const first = names.split(/[.[]/)[0] as string;
    if (!CODES.test(code)) return `${error}`;
    if (message.length > 2000) return `a message of ${message.length} characters`;
    return message.includes(first) ? undefined : `does not name it: ${message}`;
  }
}

for (const [name, place] of PLACES)
  t.test(name, (t) => {
    const wrong = Object.entries(STRANGE).flatMap(([kind, value]) => {
      const said = says(() => normalizeContainerOptions({ rootfs: '/r', ...place(value) }), name);
      return said === undefined ? [] : [`${kind}: ${said}`];
    });
    t.strictSame(wrong, []);
    t.end();
  });

t.test('the options themselves', (t) => {
  for (const normalize of [normalizeContainerOptions, normalizeSandboxOptions, normalizeNetworkOptions])
    for (const [kind, value] of Object.entries(STRANGE)) {
      const said = says(() => normalize(value as never), '');
      t.equal(said, undefined, `${normalize.name}: ${kind}`);
    }
  t.end();
});
