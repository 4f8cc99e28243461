/** What a user who is not root may use of the hierarchies. */
import t from 'tap';
import { delegatedSystem } from '../../../lib/cgroup/delegation.ts';
import type { CgroupSystem } from '../../../lib/cgroup/system.ts';

const unified = (own: string) => ({ version: 2, controllers: ['cpu'], mountPoint: '/cg', own, options: '' }) as const;
const files = (...paths: string[]) => ({
  writable: (path: string) => paths.includes(path),
  controllers: () => ['pids'],
});
const NONE = { mode: 'none', v1: [], unified: undefined };

t.test('v2: beside this program, where systemd delegated', (t) => {
  const system: CgroupSystem = { mode: 'v2', v1: [], unified: unified('/cg/user/app.slice/x.scope') };
  const above = '/cg/user/app.slice';
  t.strictSame(delegatedSystem(system, files(above, `${above}/cgroup.procs`, `${above}/cgroup.subtree_control`)), {
    mode: 'v2',
    v1: [],
    unified: { ...unified('/cg/user/app.slice/x.scope'), mountPoint: above, controllers: ['pids'] },
  });
  t.strictSame(delegatedSystem(system, files(above)), NONE);
  t.strictSame(delegatedSystem({ ...system, unified: unified('/cg') }, files('/')), NONE);
  t.end();
});

t.test('hybrid: the hierarchies whose own cgroup is writable', (t) => {
  const v1 = ['memory', 'pids'].map((name) => ({
    version: 1 as const,
    controllers: [name],
    mountPoint: `/cg/${name}`,
    own: `/cg/${name}/me`,
    options: name,
  }));
  const system: CgroupSystem = { mode: 'hybrid', v1, unified: unified('/cg/unified') };
  t.strictSame(delegatedSystem(system, files()), NONE);
  t.match(delegatedSystem(system, files('/cg/pids/me', '/cg/pids/me/cgroup.procs')), {
    mode: 'v1',
    v1: [{ controllers: ['pids'] }],
    unified: undefined,
  });
  t.end();
});
