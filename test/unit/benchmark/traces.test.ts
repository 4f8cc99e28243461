import t from 'tap';
import { ownGroups, stepsOf, traceLaunches } from '../../../examples/benchmark/worker/traces.ts';

const SELF = '9:name=systemd:/\n4:memory:/app/one\n3:cpuset:/\n8:pids:/app/one\n0::/user.slice/a:b.scope\n';

const launched = (id: string) => ({
  id,
  rootfs: '/srv/busybox',
  total: 3,
  held: 0.5,
  duration: 2.25,
  trace: {
    clone: 300,
    duration: 1000,
    entries: [
      {
        index: 0,
        operation: 'cgroupCreate',
        text: `create cgroup '/sys/fs/cgroup/memory/app/one/cofferdam-${id}-5598ce'`,
        actor: 'child',
        start: 300,
        duration: 200,
      },
      {
        index: 1,
        operation: 'unshare',
        text: "mount 'overlay' (lowerdir=/srv/busybox)",
        actor: 'child',
        start: 500,
        duration: 500,
      },
    ],
  } as const,
});

t.test('own cgroups', (t) => {
  t.same(ownGroups(SELF), ['/app/one', '/user.slice/a:b.scope']);
  t.same(ownGroups('0::/\n'), []);
  t.end();
});

t.test('the steps add up to the whole, and name no container', (t) => {
  const { trace, ...rest } = launched('77ecd17dd4cc');
  const steps = stepsOf({ ...rest, trace: { ...trace, entries: [...trace.entries] } }, ownGroups(SELF));
  t.same(
    steps.map(({ operation, microseconds }) => [operation, microseconds]),
    [
      ['compile', 500],
      ['launch', 300],
      ['cgroupCreate', 200],
      ['unshare', 500],
      ['command', 1250],
      ['result', 250],
    ],
  );
  t.equal(
    steps.reduce((sum, { microseconds }) => sum + microseconds, 0),
    3000,
  );
  t.equal(steps[3]?.text, "mount 'overlay' (lowerdir=ROOTFS)");
  t.equal(steps[2]?.text, "create cgroup '/sys/fs/cgroup/memory/OWN/cofferdam-ID'");
  t.end();
});

t.test('many launches, step by step', async (t) => {
  let count = 0;
  const tracer = {
    trace: async () => {
      const { trace, ...rest } = launched(`c0ffee${count++}`);
      return { ...rest, trace: { ...trace, entries: [...trace.entries] } };
    },
  };
  const { totals, costs } = await traceLaunches(tracer, 3, 1);
  t.same(totals, [3, 3, 3]);
  t.equal(costs.length, 6);
  for (const { samples } of costs) t.equal(samples.length, 3);
  t.match(costs[2]?.text, /cofferdam-ID'$/);
});
