/** What a detached container may be told, and what of it can be written down. */
import t from 'tap';
import { normalizeContainerOptions } from '../../../lib/options/index.ts';
import { portableOptions } from '../../../lib/options/portable.ts';
import { RESTART } from '../../../lib/program/contract.ts';

const options = (more: object) => ({ rootfs: '/srv/root', name: 'web', detached: true, ...more }) as never;
const normal = (more: object) => normalizeContainerOptions(options(more)).container.detached;

t.test('restart policies', (t) => {
  for (const [text, restart] of [
    ['no', { policy: RESTART.no, most: 0 }],
    ['always', { policy: RESTART.always, most: 0 }],
    ['on-failure', { policy: RESTART.onFailure, most: 0 }],
    ['on-failure:3', { policy: RESTART.onFailure, most: 3 }],
  ] as const)
    t.match(normal({ restart: text }), { restart }, text);
  for (const text of ['', 'yes', 'on-failure:', 'on-failure:-1', 'on-failure:1.5', 'on-failure:9999999999', 'always:2'])
    t.throws(() => normal({ restart: text }), { code: /^ERR_INVALID_OPTION_/ }, text);
  t.throws(() => normal({ restart: 'always', ephemeral: true }), /contradicts ephemeral/);
  t.end();
});

t.test('names', (t) => {
  for (const name of ['web', '1', 'a.b', '_x', '+y', '-z', 'x'.repeat(64)])
    t.equal(normalizeContainerOptions(options({ name })).id, name);
  for (const name of ['', '.', '..', '.hidden', 'a/b', 'a b', 'x'.repeat(65), 'ä', 'a\0b'])
    t.throws(
      () => normalizeContainerOptions(options({ name })),
      { code: /^ERR_INVALID_OPTION_/ },
      JSON.stringify(name),
    );
  t.end();
});

t.test('what only a detached one has', (t) => {
  for (const more of [{ restart: 'always' }, { logs: 'none' }, { autostart: true }, { command: ['true'] }])
    t.throws(() => normalizeContainerOptions({ rootfs: '/', ...more } as never), /needs detached: true/);
  t.match(normal({}), { logs: { size: 2 ** 20, files: 5 }, ephemeral: false, reboot: false });
  t.equal(normal({ logs: 'none' })?.logs, undefined);
  t.throws(() => normal({ removes: ['/srv'] }), /needs ephemeral/);
  t.end();
});

t.test('options as they are written down', (t) => {
  const { rootfs, mounts, ...rest } = portableOptions(
    options({ rootfs: { lower: ['a', '/b'], upper: 'c' }, mounts: [{ source: 'd', target: '/d' }], env: { A: '1' } }),
  );
  t.strictSame(rootfs, { lower: [`${process.cwd()}/a`, '/b'], upper: `${process.cwd()}/c` });
  t.match(mounts, [{ source: `${process.cwd()}/d`, target: '/d' }]);
  t.strictSame(rest, { detached: true, env: { A: '1' } }, 'neither id nor name');
  for (const [more, option] of [
    [{ namespaces: { network: { path: '/proc/1/ns/net' } } }, 'namespaces.network'],
    [{ namespaces: { ipc: { pid: 1 } } }, 'namespaces.ipc'],
    [{ namespaces: { uts: { container: 'other' } } }, 'namespaces.uts'],
    [{ network: 'container:other' }, 'network'],
    [{ seccomp: { notify: { mkdir: () => ({ errno: 1 }) } } }, 'seccomp.notify'],
    [{ signal: AbortSignal.abort() }, 'signal'],
  ] as const)
    t.throws(() => portableOptions(options(more)), { code: 'ERR_INVALID_OPTION_VALUE', message: new RegExp(option) });
  t.doesNotThrow(() => portableOptions(options({ namespaces: { network: 'host', pid: 'new' }, seccomp: 'default' })));
  t.end();
});
