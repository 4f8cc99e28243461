/** stats() and update() of containers that run. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createContainer, RunningContainers } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { eventually } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

/** ms, for what an emulated machine takes long to do. */
const PATIENCE = 60_000;

audited('a snapshot', async (t) => {
  await using box = await createContainer({ rootfs, resources: { memory: 64 << 20, pids: 20, cpus: 0.1 } });
  await t.rejects(Promise.resolve(box.stats()), { code: 'ERR_CONTAINER_STATE' });
  const process = await box.start([
    'sh',
    '-c',
    'head -c 8000000 /dev/zero | tail -c 8000000 > /tmp/file; echo ready; while :; do :; done',
  ]);
  await once(process.stdout as NodeJS.ReadableStream as never, 'data');
  const first = await box.stats();
  t.match(first, {
    memory: { limit: 64 << 20 },
    pids: { current: 1, limit: 20 },
    network: { lo: { receivedBytes: 0 } },
  });
  t.ok((first.memory?.current ?? 0) > 8_000_000, 'the file is on a tmpfs, which is memory');
  t.ok((first.memory?.peak ?? 0) >= (first.memory?.current ?? 0));
  // Where a tick comes late it has used several periods' quota at once, and stands still for as many: so no number of looks.
  const used = first.cpu?.usage ?? 0;
  for await (const { cpu } of box.stats({ interval: 50 })) if ((cpu?.usage ?? 0) > used) break;
  // It wants more than a tenth of a CPU, which also a busy machine gives it soon.
  for await (const { cpu } of box.stats({ interval: 20 })) if ((cpu?.throttledPeriods ?? 0) > 0) break;
  t.ok(((await box.stats()).cpu?.throttled ?? 0) > 0);
});

audited('a series ends with its container, or its signal', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  const controller = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 60);
  await t.rejects(async () => {
    for await (const _ of box.stats({ interval: 20, signal: controller.signal }));
  }, reason);
  setTimeout(() => box.kill(), 60);
  let count = 0;
  for await (const { cpu } of box.stats({ interval: 20 })) count += cpu ? 1 : 0;
  t.ok(count >= 1);
  t.throws(() => box.stats({ interval: 0 }), { code: 'ERR_INVALID_OPTION_VALUE' });
});

audited('limits that change', async (t) => {
  await using box = await createContainer({
    rootfs,
    resources: { memory: 64 << 20, memorySwap: 64 << 20, pids: 20, cpus: 1 },
  });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  await box.update({ memory: 128 << 20, memorySwap: 160 << 20, pids: 5, cpus: 0.25 });
  t.match(await box.stats(), { memory: { limit: 128 << 20 }, pids: { limit: 5 } });
  await box.update({ memory: 32 << 20, memorySwap: 32 << 20 });
  t.match(await box.stats(), { memory: { limit: 32 << 20 }, pids: { limit: 5 } });
  await t.rejects(box.update({ cpus: -1 }), { code: 'ERR_INVALID_OPTION_VALUE', message: /resources\.cpus/ });
  await t.rejects(box.update({ cpuset: '5000' }), { code: 'ERR_INVALID_OPTION_VALUE', message: /this machine has/ });
  await t.rejects(box.update({ io: { devices: [{ device: '/dev/null', readBps: 1 }] } }), {
    message: /not a block device/,
  });
  box.kill();
  await box.exited;
  await box.update({ pids: 9 });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  t.match(await box.stats(), { memory: { limit: 32 << 20 }, pids: { limit: 9 } }, 'the next start has them, too');
  await box.remove();
  await t.rejects(box.update({ pids: 3 }), { code: 'ERR_CONTAINER_STATE' });
});

/** What a container's cpu cgroup says: v1's file or v2's. */
function cpuFile(pid: number, v1: string, v2: string): string {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  const path = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const [, unified] = /^0::(.*)$/m.exec(groups) ?? [];
  const file = path === undefined ? `/sys/fs/cgroup${unified}/${v2}` : `/sys/fs/cgroup/cpu${path}/${v1}`;
  return readFileSync(file, 'utf8').trim();
}

audited('limits that bound each other, and the weight of what was idle', async (t) => {
  const resources = { cpus: 1, cpuBurst: 1, cpuWeight: 200, memory: 32 << 20, memorySwap: 32 << 20 };
  await using box = await createContainer({ rootfs, resources });
  const hungry = 'x=$(head -c 8000000 /dev/zero | tr "\\0" a); echo ready; read line';
  const process = await box.start(['sh', '-c', hungry]);
  await once(process.stdout as NodeJS.ReadableStream as never, 'data');
  const pid = box.pid as number;
  const bounds = () => [
    cpuFile(pid, 'cpu.cfs_quota_us', 'cpu.max').split(' ')[0],
    cpuFile(pid, 'cpu.cfs_burst_us', 'cpu.max.burst'),
  ];
  await box.update({ cpus: 0.5, cpuBurst: 0.5 });
  t.strictSame(bounds(), ['50000', '50000'], 'lowered, the burst before the quota');
  const refused = { memory: 1 << 20, memorySwap: 1 << 20 };
  await t.rejects(box.update({ cpus: 1, cpuBurst: 0.75, ...refused }), { code: 'EBUSY' });
  t.strictSame(bounds(), ['50000', '50000'], 'taken back');
  await box.update({ cpus: 1, cpuBurst: 1 });
  t.strictSame(bounds(), ['100000', '100000'], 'raised, the quota before the burst');

  const weight = () => cpuFile(pid, 'cpu.shares', 'cpu.weight');
  const idle = () => cpuFile(pid, 'cpu.idle', 'cpu.idle');
  const before = weight();
  await t.rejects(box.update({ cpuIdle: true, ...refused }), { code: 'EBUSY' });
  t.strictSame([idle(), weight()], ['0', before], 'taken back');
  await box.update({ cpuIdle: true });
  t.equal(idle(), '1');
  await box.update({ cpuIdle: false });
  t.strictSame([idle(), weight()], ['0', before], 'which the kernel had forgotten');
  await box.update({ cpuIdle: true });
  await box.update({ cpuWeight: 300 });
  await box.update({ cpuIdle: false });
  const given = weight();
  t.not(given, before);
  await box.update({ cpuIdle: true, cpuWeight: 200 });
  await box.update({ cpuIdle: false, cpuWeight: 300 });
  t.strictSame([idle(), weight()], ['0', given]);
});

audited('what the kernel refuses takes back what it took', async (t) => {
  const limits = { memory: 32 << 20, memorySwap: 32 << 20, pids: 5, cpuset: '0' };
  await using box = await createContainer({ rootfs, resources: limits });
  // More of its memory is its own than the new limit would leave it.
  const hungry = 'x=$(head -c 8000000 /dev/zero | tr "\\0" a); echo ready; read line';
  const process = await box.start(['sh', '-c', hungry]);
  await once(process.stdout as NodeJS.ReadableStream as never, 'data');
  const cpus = () => box.exec(['nproc']).then(({ stdout }) => Number(stdout));
  t.equal(await cpus(), 1);
  // The cpuset comes before the memory, the count of processes after it.
  const refused = { cpuset: '0-1', memory: 1 << 20, memorySwap: 1 << 20, pids: 7 };
  await t.rejects(box.update(availableParallelism() > 1 ? refused : { ...refused, cpuset: '0' }), {
    code: 'EBUSY',
    syscall: 'write',
    path: /memory\.(limit_in_bytes|max)$/,
    message: /'1048576' -> '.*memory.*below what is in use/,
  });
  t.equal(await cpus(), 1, 'the cpuset that it had');
  t.match(await box.stats(), { memory: { limit: 32 << 20 }, pids: { limit: 5 } });
  t.equal(box.state, 'running', 'and nobody was killed for it');
});

audited('a limit of a controller that it was started without', async (t) => {
  await using box = await createContainer({ rootfs, namespaces: { pid: 'host' } });
  const children = 'sleep 600 & sleep 600 & (sleep 600 & sleep 600 & wait) & wait';
  await box.start(['sh', '-c', children], { stdio: 'ignore' });
  t.ok(await eventually(() => box.ps().length === 6, PATIENCE));
  t.match(await box.stats(), { pids: undefined });
  const [before] = await Promise.all([box.exec(['true']), box.update({ pids: 12, memory: 32 << 20 })]);
  t.match(before, { exitCode: 0 });
  t.match(await box.stats(), { pids: { current: 6, limit: 12 }, memory: { limit: 32 << 20 } });
  const { stderr } = await box.exec(['sh', '-c', 'for i in 1 2 3 4 5 6 7; do sleep 1 & done; wait']);
  t.match(stderr, /can't fork/, 'further processes are in it as well');
  // Nothing of a refused one stays.
  const cgroups = () => readFileSync(`/proc/${box.pid}/cgroup`, 'utf8');
  const placed = cgroups();
  await t.rejects(box.update({ cpus: 1, unified: { 'cgroup.nothing': '1' } }), { code: 'ERR_INVALID_OPTION_VALUE' });
  // No kernel has pages of this size; EBUSY where the controller is v2's and this program's own cgroup has processes.
  await t.rejects(box.update({ cpuset: '0', hugetlb: { '7MB': 0 } }), { code: /ENOENT|EBUSY|ERR_CGROUP_CONTROLLER/ });
  t.equal(cgroups(), placed);
  // Paused, it stays paused.
  await box.pause();
  await box.update({ cpuset: '0', pids: 100 });
  t.equal(box.state, 'paused');
  await box.resume();
  t.match(await box.exec(['nproc']), { stdout: '1\n' });
  // Kills are counted from now on.
  const kills: number[] = [];
  box.on('oom', (count) => kills.push(count));
  await box.exec(['sh', '-c', 'head -c 100000000 /dev/zero | tail >/dev/null']);
  t.ok(await eventually(() => kills.length > 0, PATIENCE));
  box.kill();
  t.match(await box.exited, { oomKilled: true });
});

audited('kills for memory are told when they happen', async (t) => {
  await using box = await createContainer({ rootfs, resources: { memory: 24 << 20, memorySwap: 24 << 20 } });
  const kills: number[] = [];
  box.on('oom', (count) => kills.push(count));
  // A child is killed, and the container lives on.
  const hungry = 'head -c 100000000 /dev/zero | tail > /dev/null';
  await box.start(['sh', '-c', `sh -c "${hungry}"; echo survived; sleep 600`], { stdio: 'ignore' });
  t.ok(await eventually(() => kills.length > 0, PATIENCE));
  t.ok(
    kills.every((count) => count >= 1),
    `${kills}`,
  );
  t.equal(box.state, 'running');
  box.kill();
  t.match(await box.exited, { oomKilled: true });
});

audited('and never missed, also when the container dies of it', async (t) => {
  for (let round = 0; round < 5; round++) {
    await using box = await createContainer({ rootfs, resources: { memory: 16 << 20, memorySwap: 16 << 20 } });
    const seen: string[] = [];
    box.on('oom', () => seen.push('oom'));
    box.on('exit', () => seen.push('exit'));
    const result = await box.run(['tail', '/dev/zero']);
    t.match(result, { oomKilled: true, signal: 'SIGKILL' });
    t.ok(seen.includes('oom'));
    t.equal(seen.at(-1), 'exit');
  }
});

audited('without a memory limit there is nothing to tell, and nobody waits', async (t) => {
  await using box = await createContainer({ rootfs });
  box.once('oom', () => t.fail('none'));
  t.match(await box.run(['true']), { exitCode: 0 });
});

audited('all that run, whoever started them', async (t) => {
  const all = new RunningContainers();
  await using box = await createContainer({ rootfs, id: 'seen', resources: { memory: 64 << 20 } });
  await box.start(['sleep', '600'], { stdio: 'ignore' });
  const mine = () => all.refresh().find(({ pids }) => pids.includes(box.pid as number));
  const found = mine();
  t.match(found, { id: 'seen' });
  t.match(found?.stats(), { memory: { limit: 64 << 20 }, network: { lo: {} } });
  t.equal(mine(), found, 'the same as long as it runs');
  const { exitCode, stdout } = await execa(process.execPath, [
    '--import',
    'tsx',
    'examples/top.ts',
    '--once',
    '--json',
  ]);
  t.equal(exitCode, 0);
  t.match(
    (JSON.parse(stdout) as { id: string }[]).filter(({ id }) => id === 'seen'),
    [{ limit: 64 << 20, processes: 1 }],
  );
  await box.remove();
  t.equal(all.refresh().filter(({ id }) => id === 'seen').length, 0);
  all.close();
});

audited(
  'pressure over a threshold',
  async (t) => {
    await using box = await createContainer({ rootfs, resources: { cpus: 0.1 } });
    t.throws(() => box.pressure(), { code: 'ERR_CONTAINER_STATE' });
    await box.start(['sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
    t.throws(() => box.pressure({ stall: 3000 }), { code: 'ERR_INVALID_OPTION_VALUE' });
    let told = 0;
    for await (const { some } of box.pressure({ resource: 'cpu', stall: 100 })) {
      t.ok(some.total > 0);
      if (++told === 1) break;
    }
    t.equal(told, 1, 'a throttled process waits for the CPU');
    setTimeout(() => box.kill(), 50);
    for await (const _ of box.pressure({ resource: 'memory', stall: 2000 })) t.fail('no pressure of memory');
    // Among the other events, in each run.
    t.throws(() => box.events({ pressure: { stall: 3000 } }), {
      code: 'ERR_INVALID_OPTION_VALUE',
      message: /pressure\.stall/,
    });
    t.throws(() => box.events({ pressure: { resource: 'disk' as 'io' } }), { message: /pressure\.resource/ });
    const events = box.events({ pressure: { resource: 'cpu', stall: 100 } });
    await box.start(['sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
    const seen: string[] = [];
    for await (const event of events) {
      if (seen.at(-1) !== event.type) seen.push(event.type);
      if (event.type !== 'pressure') continue;
      t.match(event, { resource: 'cpu', pressure: { some: { total: Number } } });
      box.kill();
      void box.exited.then(() => box.remove());
    }
    t.strictSame(seen, ['start', 'pressure', 'empty', 'exit', 'remove']);
  },
  existsSync('/proc/pressure/cpu') ? false : 'this kernel has no pressure stall information',
);
