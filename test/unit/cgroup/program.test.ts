import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { sharesOfWeight } from '../../../lib/cgroup/cpu.ts';
import { describeCgroups, withScope } from '../../../lib/cgroup/detect.ts';
import { placeCgroup } from '../../../lib/cgroup/placement.ts';
import { createCgroups, joinCgroups, undoCgroups } from '../../../lib/cgroup/program.ts';
import type { CgroupSystem } from '../../../lib/cgroup/system.ts';
import { usageFiles } from '../../../lib/cgroup/usage.ts';
import type { ResourcesOption } from '../../../lib/options/types.ts';
import type { Operation } from '../../../lib/program/operation.ts';
import { HYBRID, mountLine, NONE, UNIFIED, V1 } from '../support/mountinfo.ts';

const LIMITS: ResourcesOption = {
  memory: 2 ** 20,
  memorySwap: 2 ** 21,
  memoryReservation: 4096,
  cpus: 0.5,
  cpuWeight: 100,
  pids: 64,
};

/** 'file = value' of each write, 'mkdir path', 'rmdir path', 'kill path'. */
const read = (operations: readonly Operation[], prefix = ''): string[] =>
  operations.map((each) => {
    const path = String((each.args as { path?: string }).path).replace(prefix, '');
    if (each.name === 'write') return `${path} = ${Buffer.from((each.args as { data: Uint8Array }).data)}`;
    return `${{ cgroupCreate: 'mkdir', cgroupRemove: 'rmdir', cgroupKill: 'kill' }[each.name as string] ?? each.name} ${path}`;
  });

const place = (files: Parameters<typeof describeCgroups>[0], resources: ResourcesOption, parent?: string) =>
  placeCgroup(describeCgroups(files), 'box', resources, parent);

t.test('v2: below /cofferdam, with the controllers handed down', (t) => {
  const placement = place(UNIFIED, LIMITS);
  const root = '/sys/fs/cgroup';
  const control = '+memory +cpu +pids';
  t.strictSame(read(createCgroups(placement, LIMITS), root), [
    'mkdir /cofferdam/box',
    `/cgroup.subtree_control = ${control}`,
    `/cofferdam/cgroup.subtree_control = ${control}`,
    '/cofferdam/box/memory.max = 1048576',
    '/cofferdam/box/memory.swap.max = 1048576',
    '/cofferdam/box/memory.low = 4096',
    '/cofferdam/box/cpu.max = 50000 100000',
    '/cofferdam/box/cpu.weight = 100',
    '/cofferdam/box/pids.max = 64',
  ]);
  t.strictSame(read(joinCgroups(placement), root), [], 'it is born there');
  t.match(undoCgroups(placement), [
    { name: 'cgroupKill', actor: 'janitor', args: { path: `${root}/cofferdam/box`, version: 2 } },
    { name: 'cgroupRemove', actor: 'undo', args: { path: `${root}/cofferdam/box`, depth: 2 } },
  ]);
  t.end();
});

t.test('v2: below a parent of the caller’s choice', (t) => {
  const placement = place(UNIFIED, { pids: 5 }, '/pods/one');
  t.equal(placement.places[0]?.path, '/sys/fs/cgroup/pods/one/box');
  t.equal(placement.group, placement.places[0]);
  t.end();
});

t.test('hybrid: each needed hierarchy below this program’s own cgroup, and a v2 leaf', (t) => {
  const placement = place(HYBRID, LIMITS);
  t.strictSame(read(createCgroups(placement, LIMITS), '/sys/fs/cgroup'), [
    'mkdir /unified/app.service/cofferdam-box',
    'mkdir /memory/app/one/cofferdam-box',
    '/memory/app/one/cofferdam-box/memory.limit_in_bytes = 1048576',
    '/memory/app/one/cofferdam-box/memory.memsw.limit_in_bytes = 2097152',
    '/memory/app/one/cofferdam-box/memory.soft_limit_in_bytes = 4096',
    'mkdir /cpu,cpuacct/app/cofferdam-box',
    '/cpu,cpuacct/app/cofferdam-box/cpu.cfs_quota_us = 50000',
    `/cpu,cpuacct/app/cofferdam-box/cpu.shares = ${sharesOfWeight(100)}`,
    'mkdir /pids/app/one/cofferdam-box',
    '/pids/app/one/cofferdam-box/pids.max = 64',
  ]);
  t.strictSame(read(joinCgroups(placement), '/sys/fs/cgroup'), [
    '/memory/app/one/cofferdam-box/tasks = 0',
    '/cpu,cpuacct/app/cofferdam-box/tasks = 0',
    '/pids/app/one/cofferdam-box/tasks = 0',
  ]);
  t.equal(placement.group?.hierarchy.version, 2, 'kills and freezes by v2');
  t.end();
});

t.test('nothing is joined that no limit needs', (t) => {
  t.strictSame(
    place(HYBRID, {}).places.map(({ path }) => path),
    ['/sys/fs/cgroup/unified/app.service/cofferdam-box'],
  );
  t.strictSame(
    place(V1, {}).places.map(({ path }) => path),
    ['/sys/fs/cgroup/freezer/a/cofferdam-box'],
  );
  t.strictSame(place(NONE, {}), { places: [], group: undefined, later: [] });
  t.end();
});

t.test('a v1 cpuset is filled before anything can join', (t) => {
  const root = t.testdir({ cpuset: {} });
  mkdirSync(`${root}/cpuset/me`);
  writeFileSync(`${root}/cpuset/me/cpuset.mems`, '0\n');
  writeFileSync(`${root}/cpuset/me/cpuset.cpus`, '0-3\n');
  const system: CgroupSystem = describeCgroups({
    mountInfo: mountLine(`${root}/cpuset`, 'cgroup', 'rw,cpuset'),
    selfCgroup: '1:cpuset:/me\n',
    controllers: () => [],
  });
  const writes = (resources: ResourcesOption) =>
    read(createCgroups(placeCgroup(system, 'box', resources), resources), `${root}/cpuset/me/cofferdam-box/`);
  t.strictSame(writes({ cpuset: '1' }).slice(1), ['cpuset.mems = 0', 'cpuset.cpus = 1']);
  t.strictSame(writes({ cpusetMems: '0' }).slice(1), ['cpuset.cpus = 0-3', 'cpuset.mems = 0']);
  t.strictSame(writes({ cpuset: '2', cpusetMems: '0' }).slice(1), ['cpuset.cpus = 2', 'cpuset.mems = 0']);
  t.end();
});

t.test('swap without limit', (t) => {
  const limits = { memory: 2 ** 20, memorySwap: -1 };
  t.ok(read(createCgroups(place(UNIFIED, limits), limits)).some((line) => line.endsWith('memory.swap.max = max')));
  t.ok(
    read(createCgroups(place(HYBRID, limits), limits)).some((line) =>
      line.endsWith('memory.memsw.limit_in_bytes = -1'),
    ),
  );
  t.end();
});

t.test('a controller that is not there is named, with the option that needs it', (t) => {
  const without = { ...UNIFIED, controllers: () => ['cpu'] };
  t.throws(() => place(without, { memory: 2 ** 20, memoryReservation: 4096 }), {
    code: 'ERR_CGROUP_CONTROLLER',
    message: /'memory' is not available, needed by resources\.memory, resources\.memoryReservation/,
    remedy: /subtree_control/,
  });
  t.throws(() => place(NONE, { pids: 1 }), { code: 'ERR_CGROUP_CONTROLLER', message: /'pids'/ });
  t.throws(() => place(V1, { ...LIMITS, cpuset: '0' }, undefined) && place({ ...V1, mountInfo: '' }, LIMITS), {
    code: 'ERR_CGROUP_CONTROLLER',
  });
  t.end();
});

t.test('shares for weights', (t) => {
  t.equal(sharesOfWeight(100), 1024, 'the defaults meet');
  let before = 0;
  for (const weight of [1, 2, 10, 50, 99, 100, 101, 500, 5000, 10000]) {
    const shares = sharesOfWeight(weight);
    t.ok(shares >= Math.max(2, before) && shares <= 262_144, `${weight} is ${shares}`);
    before = shares;
  }
  t.equal(sharesOfWeight(1), 2);
  t.equal(sharesOfWeight(10000), 262_144);
  t.end();
});

t.test('what a container used', (t) => {
  const hybrid = usageFiles(place(HYBRID, LIMITS));
  t.strictSame(hybrid.files, [
    '/sys/fs/cgroup/memory/app/one/cofferdam-box/memory.max_usage_in_bytes',
    '/sys/fs/cgroup/memory/app/one/cofferdam-box/memory.oom_control',
    '/sys/fs/cgroup/unified/app.service/cofferdam-box/cpu.stat',
  ]);
  const oom = 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n';
  const cpu = 'usage_usec 300\nuser_usec 200\nsystem_usec 100\n';
  t.strictSame(hybrid.parse(['4096\n', oom, cpu]), {
    oomKilled: true,
    oomKills: 1,
    peakMemory: 4096,
    cpuTime: { user: 200, system: 100 },
  });
  t.strictSame(
    hybrid.parse(['4096\n', 'under_oom 1\noom_kill 0\n', null]),
    { oomKilled: false, oomKills: 0, peakMemory: 4096 },
    'under_oom is no kill',
  );
  t.strictSame(hybrid.parse([null, null, null]), { oomKilled: false, oomKills: 0 });

  const v2 = usageFiles(place(UNIFIED, LIMITS));
  t.strictSame(
    v2.files.map((file) => file.replace('/sys/fs/cgroup/cofferdam/box/', '')),
    ['memory.peak', 'memory.events', 'cpu.stat'],
  );
  const events = (kills: number) => `low 0\nhigh 0\nmax 5\noom 3\noom_kill ${kills}\noom_group_kill 0\n`;
  t.equal(v2.parse(['1', events(0), cpu]).oomKilled, false, 'oom counts failed allocations, not kills');
  t.equal(v2.parse(['1', events(2), cpu]).oomKilled, true);
  const names = (files: Parameters<typeof place>[0]) =>
    usageFiles(place(files, {})).files.map((file) => file.split('/').at(-1));
  t.strictSame(names(UNIFIED), ['memory.peak', 'memory.events', 'cpu.stat'], 'a limit may come later');
  t.strictSame(names(HYBRID), ['cpu.stat', 'memory.max_usage_in_bytes', 'memory.oom_control']);
  t.end();
});

t.test('v2: in a scope that systemd gave, unless a parent is asked for', (t) => {
  const scope = '/sys/fs/cgroup/system.slice/cofferdam-1.scope';
  const system = withScope(describeCgroups(UNIFIED), scope, ['memory', 'cpu', 'pids']);
  const placement = placeCgroup(system, 'box', { pids: 5 });
  t.strictSame(read(createCgroups(placement, { pids: 5 }), scope), [
    'mkdir /box',
    '/cgroup.subtree_control = +pids',
    '/box/pids.max = 5',
  ]);
  t.match(
    undoCgroups(placement).at(-1),
    { args: { path: `${scope}/box`, depth: 1 } },
    'the scope is not ours to remove',
  );
  t.equal(placeCgroup(system, 'box', { pids: 5 }, '/pods').places[0]?.path, '/sys/fs/cgroup/pods/box');
  // A plain user to whom nothing else is delegated, and one to whom systemd gave nothing either.
  const none = { mode: 'none', v1: [], unified: undefined } as const;
  t.equal(placeCgroup(withScope(none, scope, ['pids']), 'box', { pids: 5 }).places[0]?.path, `${scope}/box`);
  t.throws(() => placeCgroup({ ...none, noScope: 'it sleeps' }, 'box', { pids: 5 }), {
    code: 'ERR_CGROUP_CONTROLLER',
    message: /systemd gave none: it sleeps/,
  });
  t.end();
});
