/** Limits: what a container may use, and what it is told when it wants more. */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createContainer, type ResourcesOption } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const sh = async (script: string, resources: ResourcesOption, options = {}) => {
  await using box = await createContainer({ rootfs, resources });
  return await box.run(['sh', '-c', script], options);
};

const EAT = 'x=$(head -c 100000000 /dev/zero | tr "\\0" a); echo survived';

audited('memory: more than the limit is an OOM kill that the result tells', async (t) => {
  const result = await sh(EAT, { memory: 16 << 20 });
  t.match(result, { oomKilled: true });
  t.notMatch(result.stdout, 'survived');
  t.ok(result.peakMemory <= 16 << 20 && result.peakMemory > 8 << 20, `peak ${result.peakMemory}`);
  t.match(await sh('true', { memory: 16 << 20 }), { oomKilled: false, exitCode: 0 });
});

audited('a limit too small to start in names the step, or the kill', async (t) => {
  for (const memory of [64 << 10, 128 << 10, 256 << 10])
    await sh('true', { memory }).then(
      (result) => t.ok(result.oomKilled || result.exitCode === 0, `${memory}: ${JSON.stringify(result)}`),
      (error) => t.match(error, { message: /./, code: /ERR_LAUNCH_KILLED|ENOMEM|EBUSY/ }),
    );
});

audited('pids', async (t) => {
  const { stderr } = await sh('for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait', { pids: 5 });
  t.match(stderr, /can't fork/);
});

audited('cpuset: nproc sees it', async (t) => {
  t.match(await sh('nproc', { cpuset: '0' }), { stdout: '1\n' });
  if (availableParallelism() > 1) t.match(await sh('nproc', { cpuset: '0-1' }), { stdout: '2\n' });
  await t.rejects(sh('true', { cpuset: '4000' }), { message: /cpuset/ });
});

audited('cpus: half a CPU is half a CPU', async (t) => {
  const { cpuTime, duration } = await sh('while :; do :; done', { cpus: 0.5 }, { timeout: 1000 });
  const share = (cpuTime.user + cpuTime.system) / (duration * 1000);
  t.ok(share > 0.05 && share < 0.65, `share ${share}`);
});

audited('cpu weight, reservation and swap are written', async (t) => {
  await using box = await createContainer({
    rootfs,
    id: 'weights',
    resources: { cpuWeight: 100, memory: 32 << 20, memorySwap: 32 << 20, memoryReservation: 16 << 20 },
  });
  await box.start(['sleep', '60']);
  const limits = readFileSync(`/proc/${box.pid}/cgroup`, 'utf8');
  t.match(limits, /cofferdam-weights|cofferdam\/weights/);
});
