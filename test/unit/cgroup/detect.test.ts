import t from 'tap';
import { describeCgroups, hierarchyOf } from '../../../lib/cgroup/detect.ts';
import { HYBRID, mountLine, NESTED, NONE, UNIFIED, V1 } from '../support/mountinfo.ts';

t.test('v2 alone', (t) => {
  const system = describeCgroups(UNIFIED);
  t.equal(system.mode, 'v2');
  t.strictSame(system.v1, []);
  t.match(system.unified, {
    version: 2,
    mountPoint: '/sys/fs/cgroup',
    own: '/sys/fs/cgroup/user.slice/session-1.scope',
    controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
  });
  t.equal(hierarchyOf(system, 'memory'), system.unified);
  t.equal(hierarchyOf(system, 'hugetlb'), undefined);
  t.end();
});

t.test('hybrid', (t) => {
  const system = describeCgroups(HYBRID);
  t.equal(system.mode, 'hybrid');
  t.equal(system.unified?.own, '/sys/fs/cgroup/unified/app.service');
  const places = Object.fromEntries(
    ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids'].map((name) => [name, hierarchyOf(system, name)?.own]),
  );
  t.strictSame(places, {
    memory: '/sys/fs/cgroup/memory/app/one',
    cpu: '/sys/fs/cgroup/cpu,cpuacct/app',
    cpuacct: '/sys/fs/cgroup/cpu,cpuacct/app',
    cpuset: '/sys/fs/cgroup/cpuset',
    pids: '/sys/fs/cgroup/pids/app/one',
  });
  t.equal(hierarchyOf(system, 'cpu'), hierarchyOf(system, 'cpuacct'), 'mounted together');
  t.match(
    system.v1.find(({ options }) => options.includes('systemd')),
    { options: 'none,name=systemd', controllers: [] },
  );
  t.end();
});

t.test('v1 alone, none, and a named hierarchy that is no controller', (t) => {
  t.equal(describeCgroups(V1).mode, 'v1');
  t.equal(describeCgroups(NONE).mode, 'none');
  const named = `${mountLine('/sys/fs/cgroup/systemd', 'cgroup', 'rw,name=systemd')}\n${mountLine('/sys/fs/cgroup/unified', 'cgroup2')}\n`;
  t.equal(
    describeCgroups({ mountInfo: named, selfCgroup: '1:name=systemd:/\n0::/\n', controllers: () => ['memory'] }).mode,
    'v2',
  );
  t.end();
});

t.test('a mount that shows only a part', (t) => {
  const system = describeCgroups(NESTED);
  t.equal(hierarchyOf(system, 'memory')?.own, '/sys/fs/cgroup/memory/inner');
  t.equal(hierarchyOf(system, 'pids')?.own, '/sys/fs/cgroup/pids');
  const outside = describeCgroups({
    mountInfo: mountLine('/sys/fs/cgroup', 'cgroup2'),
    selfCgroup: '0::/../other\n',
    controllers: () => [],
  });
  t.equal(outside.unified?.own, '/sys/fs/cgroup', 'above the mount’s root nothing can be reached');
  t.end();
});

t.test('odd paths', (t) => {
  const { unified } = describeCgroups({
    mountInfo: mountLine('/mnt/with\\040space\\011tab\\134', 'cgroup2'),
    selfCgroup: '0::/a:b/c d\n',
    controllers: () => [],
  });
  t.equal(unified?.own, '/mnt/with space\ttab\\/a:b/c d');
  t.end();
});

t.test('the first mount of a hierarchy counts', (t) => {
  const mountInfo = [
    mountLine('/one', 'cgroup', 'rw,memory'),
    mountLine('/two', 'cgroup', 'rw,memory'),
    mountLine('/u', 'cgroup2'),
    mountLine('/v', 'cgroup2'),
  ];
  const system = describeCgroups({
    mountInfo: mountInfo.join('\n'),
    selfCgroup: '1:memory:/\n0::/\n',
    controllers: () => [],
  });
  t.strictSame([system.v1.length, system.v1[0]?.mountPoint, system.unified?.mountPoint], [1, '/one', '/u']);
  t.end();
});
