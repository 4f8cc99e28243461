/** Options made to confuse: beyond all size, of strange kinds, with NUL bytes, through prototypes. */
import t from 'tap';
import { clone } from '../../../lib/container/clone.ts';
import type { DetachedContainer } from '../../../lib/container/detached.ts';
import { normalizeContainerOptions } from '../../../lib/options/index.ts';
import type { ContainerOptions } from '../../../lib/options/types.ts';

const normalize = (options: object) =>
  normalizeContainerOptions({ rootfs: '/r', id: 'hostile', ...options } as ContainerOptions);
const REFUSED = { code: /^ERR_(INVALID_OPTION_(TYPE|VALUE)|UNKNOWN_OPTION)$/ };

t.test('CVE-2021-43784: more than a message, a file of the kernel or a program holds', (t) => {
  const many = <Value>(make: (i: number) => Value): Value[] => Array.from({ length: 100_000 }, (_, i) => make(i));
  const maps = many((i) => ({ containerID: i, hostID: 100_000 + i, size: 1 }));
  for (const options of [
    { userNamespace: { uidMappings: maps, gidMappings: maps } },
    { userNamespace: { uidMappings: maps.slice(0, 340), gidMappings: maps.slice(0, 340) } },
    { user: { uid: 1, gid: 1, groups: many((i) => i) } },
    { rootfs: { lower: many(() => '/r') } },
    { seccomp: { allow: many((i) => `call${i}`) } },
    { hostname: 'a'.repeat(70_000) },
    { id: 'a'.repeat(5000) },
  ])
    t.throws(() => normalize(options), REFUSED, Object.keys(options).join());
  t.end();
});

t.test('cgroups lie below their parents, and ids are one name', (t) => {
  for (const cgroupParent of ['../../x', '/a/../../..', '/..', '/a/..', ''])
    t.throws(() => normalize({ cgroupParent }), REFUSED, cgroupParent);
  for (const id of ['..', '.', 'a/b', '', '../x']) t.throws(() => normalize({ id }), REFUSED, id);
  t.end();
});

t.test('what is copied is named, and lies nowhere else', async (t) => {
  for (const source of ['../x', '..', '', 'a\0', '/etc'])
    await t.rejects(clone(source, { name: 'copy' }), REFUSED, JSON.stringify(source));
  await t.rejects(clone({ name: '../x' } as DetachedContainer, { name: 'copy' }), REFUSED);
});

t.test('a NUL byte, wherever there is text', (t) => {
  for (const options of [
    { hostname: 'a\0b' },
    { domainname: 'a\0' },
    { rootfs: '/tmp\0x' },
    { rootfs: { lower: ['/r\0'] } },
    { rootfs: { lower: '/r', upper: '/u\0' } },
    { id: 'a\0' },
    { cwd: '/\0' },
    { user: 'root\0' },
    { env: { 'A\0': 'x' } },
    { env: { A: 'b\0c' } },
    { maskedPaths: ['/a\0'] },
    { readonlyPaths: ['/\0a'] },
    { mounts: [{ source: '/tmp\0', target: '/x' }] },
    { mounts: [{ source: '/tmp', target: '/x\0' }] },
    { mounts: [{ type: 'tmpfs', target: '/x\0' }] },
    { apparmor: 'x\0' },
    { selinux: 'a:b:c:d\0' },
    { sysctl: { 'net.ipv4.ip_forward': '1\0' } },
    { sysctl: { 'net.ipv4.ip_forward\0': '1' } },
    { cgroupParent: '/x\0' },
    { landlock: { read: ['/\0'] } },
    { hosts: { 'a\0': '1.2.3.4' } },
    { namespaces: { pid: { path: '/proc/1/ns/pid\0' } } },
    { network: { bridge: 'x\0' } },
  ])
    t.throws(() => normalize(options), REFUSED, JSON.stringify(options));
  t.end();
});

t.test('values of strange kinds', (t) => {
  for (const options of [
    { hostname: Symbol('x') },
    { hostname: { toString: () => 'x' } },
    { mounts: { length: 1, 0: { type: 'tmpfs', target: '/x' } } },
    { mounts: Array(3) },
    { resources: { pids: Number.NaN } },
    { resources: { memory: 10n ** 30n } },
    { hostname: '\ud800' },
    { sysctl: JSON.parse('{"__proto__":"1"}') },
  ])
    t.throws(() => normalize(options), REFUSED);
  const mine = new Error('mine');
  const thrower = {
    rootfs: '/r',
    get hostname() {
      throw mine;
    },
  };
  t.throws(() => normalizeContainerOptions(thrower), mine, "a getter's own error is not swallowed");
  t.end();
});

t.test('options that say something else when they are asked again are not what equal ones come to', (t) => {
  const once = (first: unknown, then: unknown) => {
    let asked = 0;
    return () => (asked++ === 0 ? first : then);
  };
  const changing = { rootfs: '/changing', id: 'hostile' };
  const traps = {
    getter: (key: string, answer: () => unknown) =>
      Object.defineProperty({ ...changing }, key, { get: answer, enumerable: true }),
    proxy: (key: string, answer: () => unknown) =>
      new Proxy(
        { ...changing, [key]: answer() },
        { get: (target, name) => (name === key ? answer() : Reflect.get(target, name)) },
      ),
  };
  for (const [kind, trap] of Object.entries(traps)) {
    normalizeContainerOptions(trap('seccomp', once('default', 'unconfined')) as ContainerOptions);
    const { container } = normalizeContainerOptions({ ...changing, seccomp: 'default' });
    t.notSame(container.defaults.seccomp, 'unconfined', kind);
  }
  const names = Object.defineProperty(['CHOWN'], '0', { get: once('CHOWN', 'SYS_ADMIN'), enumerable: true });
  normalizeContainerOptions({ ...changing, capabilities: { add: names } } as ContainerOptions);
  const { container } = normalizeContainerOptions({ ...changing, capabilities: { add: ['CHOWN'] } });
  t.strictSame(
    normalizeContainerOptions({ ...changing, capabilities: { add: ['CHOWN'] }, cwd: '/' } as ContainerOptions).container
      .defaults.capabilities,
    container.defaults.capabilities,
  );
  t.end();
});

t.test('hazard 27: what somebody put into Object.prototype is no option', (t) => {
  const clean = normalize({});
  const evil = {
    seccomp: 'unconfined',
    capabilities: 'all',
    noNewPrivileges: false,
    maskedPaths: [],
    privileged: true,
  };
  for (const [key, value] of Object.entries(evil))
    Object.defineProperty(Object.prototype, key, { value, configurable: true, enumerable: false, writable: true });
  let polluted: unknown;
  try {
    polluted = normalize({});
  } finally {
    for (const key of Object.keys(evil)) Reflect.deleteProperty(Object.prototype, key);
  }
  t.strictSame(polluted, clean);
  t.end();
});
