/** Changes of limits, in directories that look like cgroups. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { describeCgroups } from '../../../lib/cgroup/detect.ts';
import { blkioWeight } from '../../../lib/cgroup/io.ts';
import type { Place, Placement } from '../../../lib/cgroup/placement.ts';
import { CONTROLLERS, placeCgroup } from '../../../lib/cgroup/placement.ts';
import { placeWrites } from '../../../lib/cgroup/program.ts';
import { allOrNothing, updateSteps } from '../../../lib/cgroup/update.ts';
import type { ResourcesOption } from '../../../lib/options/types.ts';
import { HYBRID, UNIFIED, V1 } from '../support/mountinfo.ts';

/** A cgroup of all controllers, and its parent, in a directory. */
function fake(directory: string, version: 1 | 2, files: Record<string, string>): Placement {
  const path = join(directory, 'box');
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(path, file), text);
    writeFileSync(join(directory, file), text);
  }
  const hierarchy = { version, controllers: [], mountPoint: directory, own: directory, options: '' };
  const place = { hierarchy, path, depth: 1, controllers: CONTROLLERS };
  return { places: [place], group: place, later: [] };
}

const read = (placement: Placement, file: string) => readFileSync(`${placement.places[0]?.path}/${file}`, 'utf8');
/** 'file value' of each write. */
const order = (placement: Placement, before: ResourcesOption, after: ResourcesOption) =>
  updateSteps(placement, placement, before, after).map(({ text }) => text.replace(/^.*\/(box\/)?/, ''));

t.test('v1: memory and memory plus swap, from above when they grow, from below when they shrink', (t) => {
  const files = { 'memory.limit_in_bytes': '100', 'memory.memsw.limit_in_bytes': '200' };
  const before = { memory: 100, memorySwap: 200 };
  const placement = fake(t.testdir(), 1, files);
  t.strictSame(order(placement, before, { memory: 300, memorySwap: 400 }), [
    'memory.memsw.limit_in_bytes 400',
    'memory.limit_in_bytes 300',
  ]);
  t.strictSame(order(placement, before, { memory: 50, memorySwap: 60 }), [
    'memory.limit_in_bytes 50',
    'memory.memsw.limit_in_bytes 60',
  ]);
  t.strictSame(order(placement, before, { ...before, pids: 5 }), ['pids.max 5'], 'only what is another');
  t.end();
});

t.test("v2: the swap limit follows memory's", (t) => {
  const placement = fake(t.testdir(), 2, { 'memory.max': '100', 'memory.swap.max': '100', 'memory.current': '50' });
  t.strictSame(order(placement, { memory: 100, memorySwap: 200 }, { memory: 150, memorySwap: 200 }), [
    'memory.max 150',
    'memory.swap.max 50',
  ]);
  t.strictSame(order(placement, { memory: 100 }, { memory: 100, unified: { 'memory.high': '9' } }), ['memory.high 9']);
  t.end();
});

t.test('all or nothing', async (t) => {
  const placement = fake(t.testdir(), 2, {
    'cpu.max': 'max 100000\n',
    'pids.max': '10\n',
    'memory.max': '100\n',
    'memory.current': '50\n',
    'io.max': '8:0 rbps=5 wbps=max riops=max wiops=max\n',
  });
  const limits = { memory: 200, pids: 20, cpus: 0.5, io: { devices: [{ device: '8:0', readBps: 7 }] } };
  const steps = updateSteps(placement, placement, {}, limits);
  const refused = updateSteps(placement, placement, {}, { unified: { 'gone.max': '1' } });
  await t.rejects(allOrNothing([...steps, ...refused]), {
    code: 'ENOENT',
    path: /box\/gone\.max$/,
    message: /'1' -> .*gone\.max/,
  });
  // These files are not truncated, as those of cgroups are not.
  t.match(read(placement, 'cpu.max'), /^max 100000/);
  t.match(read(placement, 'pids.max'), /^10/);
  t.match(read(placement, 'memory.max'), /^100/);
  t.match(read(placement, 'io.max'), /^8:0 rbps=5 wbps=max riops=max wiops=max/);
  await allOrNothing(steps);
  t.match(read(placement, 'pids.max'), /^20/);
  t.match(read(placement, 'cpu.max'), /^50000 100000/);
  t.match(read(placement, 'io.max'), /^8:0 rbps=7/);
});

t.test('how limits of disks are taken back', (t) => {
  const v1 = fake(t.testdir(), 1, { 'blkio.throttle.read_bps_device': '8:16 5\n', 'blkio.bfq.weight': '100\n' });
  const writes = (placement: Placement, io: ResourcesOption['io']) =>
    placeWrites(placement.places[0] as Place, { io } as ResourcesOption, {}).map(({ file, value, restore }) => [
      file,
      value,
      restore?.('8:16 5\n'),
    ]);
  t.strictSame(writes(v1, { weight: 100, devices: [{ device: '8:0', readBps: 9 }] }), [
    ['blkio.bfq.weight', '20', undefined],
    ['blkio.throttle.read_bps_device', '8:0 9', '8:0 0'],
  ]);
  t.strictSame(writes(v1, { devices: [{ device: '8:16', readBps: 9 }] })[0]?.[2], '8:16 5');
  const v2 = fake(t.testdir(), 2, { 'io.weight': 'default 100\n' });
  t.strictSame(writes(v2, { weight: 50, devices: [{ device: '8:0', readBps: 9, writeIops: 3, weight: 7 }] }), [
    ['io.weight', 'default 50', 'default 100'],
    ['io.weight', '8:0 7', '8:0 default'],
    ['io.max', '8:0 rbps=9 wiops=3', '8:0 rbps=max wbps=max riops=max wiops=max'],
  ]);
  t.throws(() => writes(fake(t.testdir(), 2, {}), { weight: 5 }), { code: 'ERR_CGROUP_CONTROLLER', message: /BFQ/ });
  t.strictSame([1, 100, 10_000].map(blkioWeight), [10, 20, 1000]);
  t.end();
});

const texts = (files: typeof UNIFIED, before: ResourcesOption, after: ResourcesOption) => {
  const system = describeCgroups(files);
  const steps = updateSteps(placeCgroup(system, 'box', before), placeCgroup(system, 'box', after), before, after);
  return steps.map(({ text }) => text.replaceAll('/sys/fs/cgroup', ''));
};

t.test('v2: a controller that the container was started without is handed down', (t) => {
  const before = { memory: 4096, unified: { 'memory.high': '1' } };
  t.strictSame(texts(UNIFIED, before, { ...before, pids: 5 }), [
    '/cgroup.subtree_control +pids',
    '/cofferdam/cgroup.subtree_control +pids',
    '/cofferdam/box/pids.max 5',
  ]);
  t.end();
});

t.test('v1: a cgroup of one more hierarchy is made and limited, then the processes move', (t) => {
  t.strictSame(texts(HYBRID, { memory: 4096 }, { memory: 8192, pids: 5 }), [
    '/memory/app/one/cofferdam-box/memory.limit_in_bytes 8192',
    'mkdir /pids/app/one/cofferdam-box',
    '/pids/app/one/cofferdam-box/pids.max 5',
    'move to /pids/app/one/cofferdam-box',
  ]);
  t.end();
});

t.test('without any cgroup there is nobody to move', (t) => {
  const system = describeCgroups(V1);
  const nowhere = { places: [], group: undefined, later: [] };
  t.throws(() => updateSteps(nowhere, placeCgroup(system, 'box', { pids: 5 }), {}, { pids: 5 }), {
    code: 'ERR_UNSUPPORTED',
    message: /pids/,
  });
  t.end();
});

t.test('steps are taken back from the last to the first, as far as they can be', async (t) => {
  const seen: string[] = [];
  const step = (name: string, revert = () => void seen.push(`un${name}`)) => ({
    text: name,
    act: () => void seen.push(name),
    revert,
  });
  const failing = {
    text: 'no',
    act: () => {
      throw new Error('refused');
    },
    revert: () => {},
  };
  const stuck = step('b', () => {
    throw new Error('stuck');
  });
  await t.rejects(allOrNothing([step('a'), stuck, step('c'), failing, step('d')]), { message: 'refused' });
  t.strictSame(seen, ['a', 'b', 'c', 'unc', 'una']);
});

t.test('what one version lacks', (t) => {
  const place = (files: typeof UNIFIED, resources: ResourcesOption) =>
    placeCgroup(describeCgroups(files), 'box', resources);
  t.throws(() => place(V1, { memoryHigh: 4096 }), {
    code: 'ERR_UNSUPPORTED',
    message: /memoryHigh.*v1.*memoryReservation/,
  });
  t.throws(() => place(V1, { oomGroup: true }), { code: 'ERR_UNSUPPORTED', message: /oomGroup/ });
  t.throws(() => place(UNIFIED, { oomKillDisable: true }), { code: 'ERR_UNSUPPORTED', message: /oomKillDisable.*v2/ });
  t.throws(() => place(V1, { unified: { 'memory.high': '1' } }), { code: 'ERR_UNSUPPORTED', message: /v2/ });
  const [v2] = place(UNIFIED, { memory: 4096, unified: { 'memory.high': '64M' } }).places;
  t.strictSame(
    placeWrites(v2 as NonNullable<typeof v2>, { memory: 4096, unified: { 'memory.high': '64M' } }).map(
      ({ file, value }) => `${file} ${value}`,
    ),
    ['memory.max 4096', 'memory.high 64M'],
    'raw files last',
  );
  t.end();
});
