/** What the guest is for: a machine with nothing but cgroup v2, and all of its controllers. */
import { readFileSync } from 'node:fs';
import { probe } from 'cofferdam';
import t from 'tap';

const skip = process.env.COFFERDAM_GUEST ? false : 'runs in the guest: npm run test:guest';

t.test('cgroup2 is the only hierarchy, with every controller that the library knows', { skip }, async (t) => {
  const hierarchies = readFileSync('/proc/self/mountinfo', 'utf8').match(/ - cgroup2? /g);
  t.strictSame(hierarchies, [' - cgroup2 ']);
  t.match(probe(), { usable: true });
  const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').trim().split(' ');
  for (const name of ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb']) t.ok(controllers.includes(name), name);
});
