/** The order of a launch program: what must come before what, and who does it. */
import t from 'tap';
import { Container } from '../../../lib/container.ts';
import type { ContainerOptions } from '../../../lib/options/types.ts';
import type { PlanEntry } from '../../../lib/program/explain.ts';

const plan = (options: Partial<ContainerOptions> = {}): PlanEntry[] =>
  new Container({ rootfs: { lower: '/rootfs' }, ...options }).plan(['true']);

/** Index of the first operation whose text matches. */
const at = (entries: PlanEntry[], pattern: RegExp): number => {
  const index = entries.findIndex(({ text, operation }) => pattern.test(`${operation} ${text}`));
  if (index < 0) throw new Error(`no ${pattern} in\n${entries.map(({ text }) => text).join('\n')}`);
  return index;
};

function inOrder(t: { ok(value: boolean, name: string): unknown }, entries: PlanEntry[], patterns: RegExp[]): void {
  patterns.slice(1).forEach((pattern, i) => {
    const before = patterns[i] as RegExp;
    t.ok(at(entries, before) < at(entries, pattern), `${before} before ${pattern}`);
  });
}

t.test('the child does everything itself, in this order', (t) => {
  const entries = plan({
    network: { interface: 'eth1', address: '10.0.0.1/24' },
    mounts: [{ source: '/srv', target: '/data' }],
  });
  t.ok(entries.every(({ actor, operation }) => actor === 'child' || operation === 'cgroupCreate'));
  inOrder(t, entries, [
    /^netlinkOpen .*of the host/,
    /^unshare/,
    /^openTree .*srv/,
    /^mount .*slave/,
    /^vethCreate/,
    /^mount .*overlay/,
    /^mount .*proc/,
    /^moveMount .*data/,
    /^readonlyPath/,
    /^mask/,
    /^pivotRoot/,
    /^chdir/,
    /^capBounding/,
    /^identity/,
    /^capset/,
    /^prctl .*NO_NEW_PRIVS/,
    /^setsid/,
    /^stdio/,
    /^exec/,
  ]);
  t.end();
});

t.test('limits are written before the process joins, and it joins before the cgroup namespace', (t) => {
  const entries = plan();
  const joins = entries.filter(({ text }) => /(tasks|cgroup\.procs)'/.test(text));
  t.ok(joins.every(({ index }) => index < at(entries, /^unshare/)));
  return t.end();
});

t.test('with a user namespace the host prepares, clones, maps, and lays the link', (t) => {
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const entries = plan({
    userNamespace: { uidMappings: mapping, gidMappings: mapping },
    network: { interface: 'eth1' },
    mounts: [{ source: '/srv', target: '/data' }],
  });
  const clone = at(entries, /^clone/);
  for (const pattern of [/^mount .*overlay/, /^openTree .*srv/, /^openTree .*dev\/null/])
    t.match(entries[at(entries, pattern)], { actor: 'host' }, `${pattern}`);
  t.ok(at(entries, /^mount .*overlay/) < clone);
  t.ok(
    entries.every(({ actor, index }) => actor === 'host' || index > clone),
    'the child begins at the clone',
  );
  inOrder(t, entries, [/^clone/, /^idMaps/, /^identity/, /^pivotRoot/, /^exec/]);
  t.match(entries[at(entries, /^vethCreate/)], { actor: 'host' });
  t.end();
});

t.test('PID 1 that reaps has no more privileges than the command, and no terminal', (t) => {
  inOrder(t, plan({ init: true }), [/^capset/, /^prctl .*NO_NEW_PRIVS/, /^init/, /^setsid/, /^exec/]);
  t.end();
});

t.test('without a mount namespace of its own nothing is mounted', (t) => {
  const entries = plan({ rootfs: '/rootfs', namespaces: { mount: 'host' } });
  t.notOk(entries.some(({ operation }) => /^(mount|mask|pivotRoot|moveMount|openTree)$/.test(operation)));
  inOrder(t, entries, [/^chroot/, /^chdir/, /^exec/]);
  t.end();
});
