import t from 'tap';
import { CofferdamError } from '../../../lib/errors.ts';
import { DEFAULTS } from '../../../lib/options/defaults.ts';
import { normalizeContainerOptions } from '../../../lib/options/index.ts';
import { plain } from '../support/plain.ts';

const rootfs = '/srv/rootfs';
const flat = (options: unknown) => {
  const { container, ...rest } = normalizeContainerOptions(options);
  return { ...container, ...rest };
};
const normalize = (options: object = {}) => flat({ rootfs, ...options });

t.test('what nothing is said about', (t) => {
  const box = normalize();
  t.match(box.id, /^[0-9a-f]{12}$/);
  t.not(normalize().id, box.id);
  const { id: _, defaults, ...rest } = box;
  t.strictSame(plain(Object.assign(Object.create(null), rest)), {
    rootfs: { type: 'directory', path: rootfs },
    readonly: false,
    hosts: {},
    hostname: undefined,
    domainname: undefined,
    namespaces: DEFAULTS.namespaces,
    userNamespace: undefined,
    timeOffsets: undefined,
    mounts: [],
    hooks: { preMount: [], createContainer: [] },
    defaultMounts: true,
    maskedPaths: DEFAULTS.maskedPaths,
    readonlyPaths: DEFAULTS.readonlyPaths,
    sysctl: {},
    resources: {},
    cgroupParent: undefined,
    network: [],
    init: false,
    detached: undefined,
    signal: undefined,
  });
  t.match(defaults, {
    env: {},
    cwd: '/',
    user: { user: '0', group: '0', groups: [] },
    umask: 0o022,
    rlimits: [],
    noNewPrivileges: true,
    oomScoreAdj: 0,
  });
  t.end();
});

t.test('results are frozen and have no prototype, all the way down', (t) => {
  const { container } = normalizeContainerOptions({
    rootfs,
    mounts: [{ target: '/t', type: 'tmpfs', options: ['size=1m'] }],
    network: { address: '10.0.0.1/24' },
    userNamespace: {
      uidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
    },
    resources: { memory: 2 ** 20 },
    sysctl: { 'net.ipv4.ip_forward': 1 },
    env: { A: 'b' },
    rlimits: { nofile: 10 },
    timeOffsets: { monotonic: 5 },
  });
  const look = (value: unknown, path: string) => {
    if (typeof value !== 'object' || value === null) return;
    t.ok(Object.isFrozen(value), `${path} is frozen`);
    if (!Array.isArray(value)) t.equal(Object.getPrototypeOf(value), null, `${path} has no prototype`);
    for (const [key, inner] of Object.entries(value)) look(inner, `${path}.${key}`);
  };
  look(container, 'options');
  t.end();
});

t.test('the prototype is no way in', (t) => {
  for (const text of [
    '{"__proto__": {"readonly": true}}',
    '{"constructor": {"prototype": {}}}',
    '{"resources": {"__proto__": {"memory": 1}}}',
    '{"network": {"__proto__": {"bridge": "br0"}}}',
  ])
    t.throws(() => normalize(JSON.parse(text)), { code: 'ERR_UNKNOWN_OPTION' }, text);

  // In maps of the caller's own keys it is a key like another.
  const { defaults } = normalize(JSON.parse('{"env": {"__proto__": "x"}}'));
  t.strictSame(Object.entries(defaults.env), [['__proto__', 'x']]);
  t.equal(({} as Record<string, unknown>).x, undefined);

  const polluted = Object.prototype as Record<string, unknown>;
  polluted.readonly = true;
  polluted.memory = 1;
  try {
    const box = normalize({ resources: {} });
    t.equal(box.readonly, false);
    t.equal(box.resources.memory, undefined);
    t.equal(flat(Object.assign(Object.create({ hostname: 'inherited' }), { rootfs })).hostname, undefined);
  } finally {
    delete polluted.readonly;
    delete polluted.memory;
  }
  t.end();
});

t.test('undefined is not given, null is', (t) => {
  t.doesNotThrow(() => normalize({ id: undefined, hostname: undefined, resources: { memory: undefined } }));
  t.throws(() => normalize({ id: null }), {
    code: 'ERR_INVALID_OPTION_TYPE',
    message: /'id' must be a string, got null/,
  });
  t.end();
});

/** What is wrong, and what the message must say of it. */
const BAD: [options: unknown, code: string, message: RegExp][] = [
  [undefined, 'ERR_INVALID_OPTION_TYPE', /'options' must be an object, got undefined/],
  ['/rootfs', 'ERR_INVALID_OPTION_TYPE', /'options' must be an object, got "\/rootfs"/],
  [[], 'ERR_INVALID_OPTION_TYPE', /an array/],
  [{}, 'ERR_INVALID_OPTION_TYPE', /'rootfs'.*required/],
  [{ rootfs: 5 }, 'ERR_INVALID_OPTION_TYPE', /'rootfs'.*got 5/],
  [{ rootfs: '' }, 'ERR_INVALID_OPTION_VALUE', /'rootfs' must not be empty/],
  [{ rootfs: '/a\0b' }, 'ERR_INVALID_OPTION_VALUE', /'rootfs' must not contain a NUL byte/],
  [{ rootfs, memory: 5 }, 'ERR_UNKNOWN_OPTION', /unknown option 'memory'.*known here: rootfs, readonly/],
  [{ rootfs, hostame: 'x' }, 'ERR_UNKNOWN_OPTION', /'hostame' \(did you mean 'hostname'\?/],
  [
    { rootfs, resources: { memorySwop: 1 } },
    'ERR_UNKNOWN_OPTION',
    /'resources\.memorySwop' \(did you mean 'memorySwap'\?/,
  ],
  [{ rootfs, tty: true }, 'ERR_UNKNOWN_OPTION', /'tty'/],
  [{ rootfs, readonly: 1 }, 'ERR_INVALID_OPTION_TYPE', /'readonly' must be true or false, got 1/],
  [{ rootfs, init: 'yes' }, 'ERR_INVALID_OPTION_TYPE', /'init'/],
  [{ rootfs, signal: {} }, 'ERR_INVALID_OPTION_TYPE', /'signal' must be an AbortSignal, got an object/],
  [{ rootfs, maskedPaths: ['proc/x'] }, 'ERR_INVALID_OPTION_VALUE', /'maskedPaths\[0\]' must be an absolute path/],
  [{ rootfs, readonlyPaths: '/proc' }, 'ERR_INVALID_OPTION_TYPE', /'readonlyPaths' must be an array/],
  [{ rootfs, maskedPaths: ['/proc/../etc'] }, 'ERR_INVALID_OPTION_VALUE', /'maskedPaths\[0\]' must not contain '\.\.'/],
  [{ rootfs, timeOffsets: { realtime: 1 } }, 'ERR_UNKNOWN_OPTION', /timeOffsets\.realtime/],
  [{ rootfs, timeOffsets: { monotonic: Number.NaN } }, 'ERR_INVALID_OPTION_VALUE', /'timeOffsets\.monotonic'.*got NaN/],
  [{ rootfs, cgroupParent: 'a' }, 'ERR_INVALID_OPTION_VALUE', /'cgroupParent' must be an absolute path/],
  [{ rootfs, cgroupParent: '/../../x' }, 'ERR_INVALID_OPTION_VALUE', /'cgroupParent' must not contain '\.\.'/],
  [{ rootfs, cgroupParent: '/a/../../..' }, 'ERR_INVALID_OPTION_VALUE', /'\.\.'/],
  [{ rootfs, cgroupParent: '/a\nb' }, 'ERR_INVALID_OPTION_VALUE', /cgroupParent/],
  [{ rootfs, cgroupParent: `/${'x'.repeat(256)}` }, 'ERR_INVALID_OPTION_VALUE', /cgroupParent/],
  [{ rootfs, sandbox: {} }, 'ERR_INVALID_OPTION_TYPE', /createSandbox/],
  [{ rootfs, sysctl: { 'kernel/core_pattern': '|x' } }, 'ERR_INVALID_OPTION_VALUE', /sysctl.*kernel\/core_pattern/],
  [{ rootfs, sysctl: { 'kernel.shm_rmid_forced+kernel.core_pattern': '1' } }, 'ERR_INVALID_OPTION_VALUE', /sysctl/],
  [{ rootfs, sysctl: { 'net..x': '1' } }, 'ERR_INVALID_OPTION_VALUE', /sysctl/],
  [{ rootfs, sysctl: { net: '1' } }, 'ERR_INVALID_OPTION_VALUE', /sysctl/],
  [{ rootfs, sysctl: { 'net.x': 'a\nb' } }, 'ERR_INVALID_OPTION_VALUE', /'sysctl\.net\.x' must be one line/],
  [{ rootfs, sysctl: { 'net.x': true } }, 'ERR_INVALID_OPTION_TYPE', /'sysctl\.net\.x' must be a string/],
  [{ rootfs, sysctl: { 'net.x': 1.5 } }, 'ERR_INVALID_OPTION_VALUE', /integer/],
  [
    { rootfs, namespaces: { net: 'new' } },
    'ERR_UNKNOWN_OPTION',
    /'namespaces\.net'.*known here: pid, mount, uts, ipc, network/,
  ],
  [{ rootfs, namespaces: { pid: 'none' } }, 'ERR_INVALID_OPTION_VALUE', /'namespaces\.pid' must be 'new', 'host'/],
  [
    { rootfs, namespaces: { pid: { path: 'x' } } },
    'ERR_INVALID_OPTION_VALUE',
    /'namespaces\.pid\.path' must be an absolute path/,
  ],
  [{ rootfs, namespaces: { pid: { pid: 0 } } }, 'ERR_INVALID_OPTION_VALUE', /'namespaces\.pid\.pid'/],
  [
    { rootfs, namespaces: { pid: { pid: 1, path: '/x' } } },
    'ERR_INVALID_OPTION_VALUE',
    /contradicts namespaces\.pid\.path/,
  ],
  [{ rootfs, namespaces: { pid: {} } }, 'ERR_INVALID_OPTION_TYPE', /namespaces\.pid/],
];

t.test('bad options', (t) => {
  for (const [options, code, message] of BAD) {
    t.throws(() => normalizeContainerOptions(options), { code, message }, JSON.stringify(options));
    try {
      normalizeContainerOptions(options);
    } catch (error) {
      t.ok(error instanceof CofferdamError);
      t.ok(error instanceof (code === 'ERR_INVALID_OPTION_VALUE' ? RangeError : TypeError));
    }
  }
  t.end();
});

const holder = { openNamespace: () => 3 };
const sandbox = { ...holder, cgroupParent: '/pod', namespaces: ['network', 'ipc'] };
const userNamespace = {
  uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
};

t.test('where namespaces come from', (t) => {
  const sources = (options: object) => ({ ...normalize(options).namespaces });
  t.match(sources({ userNamespace }), { user: 'new' });
  t.match(sources({ timeOffsets: { boottime: -3 } }), { time: 'new' });
  t.match(sources({ network: 'host' }), { network: 'host' });
  t.match(sources({ network: { interface: 'eth1' } }), { network: 'new' });
  t.match(sources({ namespaces: { pid: 'host', ipc: { pid: 7 }, uts: { path: '/run/uts/x' }, network: holder } }), {
    pid: 'host',
    ipc: { pid: 7 },
    uts: { path: '/run/uts/x' },
    network: holder,
    mount: 'new',
  });
  t.match(sources({ sandbox }), { network: sandbox, ipc: sandbox, uts: 'new' });
  t.equal(normalize({ sandbox }).cgroupParent, '/pod');
  t.equal(normalize({ sandbox, cgroupParent: '/own' }).cgroupParent, '/own');
  t.end();
});

const CONTRADICTIONS: [options: object, message: RegExp][] = [
  [{ userNamespace, namespaces: { user: 'host' } }, /'userNamespace' contradicts namespaces\.user/],
  [{ namespaces: { user: 'new' } }, /'namespaces\.user' needs the id mappings.*give userNamespace/],
  [{ timeOffsets: {}, namespaces: { time: 'host' } }, /'timeOffsets' contradicts namespaces\.time/],
  [{ network: 'host', namespaces: { network: 'new' } }, /'network' contradicts namespaces\.network/],
  [{ network: { address: '10.0.0.1/24' }, namespaces: { network: 'host' } }, /'network' contradicts/],
  [{ network: { address: '10.0.0.1/24' }, sandbox }, /'sandbox' contradicts network/],
  [{ sandbox, namespaces: { ipc: 'host' } }, /'sandbox' contradicts namespaces\.ipc/],
  [{ hostname: 'x', namespaces: { uts: 'host' } }, /'hostname' needs a uts namespace of the container's own/],
  [{ domainname: 'x', namespaces: { uts: holder } }, /'domainname' needs a uts namespace/],
  [{ init: true, namespaces: { pid: 'host' } }, /'init' needs a pid namespace/],
  [{ readonly: true, namespaces: { mount: 'host' } }, /'readonly' needs a mount namespace/],
  [{ mounts: [{ target: '/t', type: 'tmpfs' }], namespaces: { mount: 'host' } }, /'mounts' needs a mount namespace/],
  [{ rootfs: { lower: '/a' }, namespaces: { mount: holder } }, /'rootfs' needs a mount namespace/],
];

t.test('contradictions', (t) => {
  for (const [options, message] of CONTRADICTIONS)
    t.throws(() => normalize(options), { code: 'ERR_INVALID_OPTION_VALUE', message }, JSON.stringify(options));
  t.doesNotThrow(() => normalize({ userNamespace, namespaces: { user: 'new' } }), 'saying it twice is none');
  t.end();
});

t.test('without a mount namespace of its own nothing is mounted', (t) => {
  t.match(normalize({ namespaces: { mount: 'host' } }), { defaultMounts: false, maskedPaths: [], readonlyPaths: [] });
  t.end();
});

t.test('sysctl values are text', (t) => {
  t.strictSame(
    { ...normalize({ sysctl: { 'net.ipv4.ip_forward': 1, 'net.x': '4096 8192' } }).sysctl },
    {
      'net.ipv4.ip_forward': '1',
      'net.x': '4096 8192',
    },
  );
  t.end();
});
