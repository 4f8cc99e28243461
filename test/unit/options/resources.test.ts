/** Limits that cannot be: refused before anything is touched, with the option and the value in the message. */
import { existsSync, readdirSync } from 'node:fs';
import t, { type Test } from 'tap';
import { normalizeContainerOptions } from '../../../lib/options/index.ts';

const DISK = '/dev/no-such-disk';
const BLOCK_DEVICES = '/sys/dev/block';
/** 'major:minor' of one that there is, if any. */
const disks = existsSync(BLOCK_DEVICES) ? readdirSync(BLOCK_DEVICES).slice(0, 1) : [];
const MOST = Number.MAX_SAFE_INTEGER;

/** The option's name in the message, and values that it does not take. */
const NUMBERS: Record<string, readonly unknown[]> = {
  memory: [0, 1, 4095],
  memorySwap: [0, -2],
  memoryReservation: [0],
  memoryHigh: [0],
  cpus: [0, 0.001, 1e9],
  cpuBurst: [1e9],
  cpuWeight: [0, 10_001, 1.5],
  pids: [0, 1.5, MOST],
};
/** None of them takes these. */
const NEVER = [-1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 80, '10M', null, {}, [], true, 10n];

const OTHERS: readonly [option: string, value: unknown, named?: string][] = [
  ...['', ' ', 'x', '-1', '0-', '1-0', '0,,1', '5000', '0-5000', '99999999999999999999', '0\n1', 7, -1].map(
    (value): [string, unknown] => ['cpuset', value],
  ),
  ...['', 'x', '4096', '0-'].map((value): [string, unknown] => ['cpusetMems', value]),
  ...['oomGroup', 'oomKillDisable', 'cpuIdle'].flatMap((option) =>
    [1, 'yes', null].map((value): [string, unknown] => [option, value]),
  ),
  ['io', { weight: 0 }, 'io.weight'],
  ['io', { weight: Number.NaN }, 'io.weight'],
  ['io', { devices: [{ readBps: 1 }] }, 'io.devices[0].device'],
  ['io', { devices: [{ device: DISK, readBps: 1 }] }, 'io.devices[0].device'],
  ['io', { devices: [{ device: '/dev/null', readBps: 1 }] }, 'io.devices[0].device'],
  ['io', { devices: [{ device: '4095:1048575', readBps: 1 }] }, 'io.devices[0].device'],
  ['io', { devices: [{ device: '/dev/../etc/passwd', readBps: 1 }] }, 'io.devices[0].device'],
  ['io', { devices: [{ device: '0:0', readBps: -1 }] }, 'io.devices[0]'],
  ...disks.map((device): [string, unknown, string] => ['io', { devices: [{ device }] }, 'io.devices[0]']),
  ['io', { speed: 1 }, 'io.speed'],
  ['hugetlb', { '2mb': 1 }, 'hugetlb'],
  ['hugetlb', { '2MB': -1 }, 'hugetlb'],
  ['hugetlb', { '../2MB': 1 }, 'hugetlb'],
  ['unified', { 'cgroup.procs': '0' }, 'unified'],
  ['unified', { '../memory.max': '0' }, 'unified'],
  ['unified', { 'memory.max': 5 }, 'unified'],
  ['devices', [{ allow: true, path: DISK }], 'devices[0].path'],
  ['devices', [{ allow: true, type: 'c', major: -1 }], 'devices[0].major'],
  ['devices', [{ allow: true, type: 'c', major: 4096 }], 'devices[0].major'],
  ['devices', [{ allow: true, type: 'c', minor: 2 ** 20 }], 'devices[0].minor'],
  ['devices', [{ type: 'c' }], 'devices[0].allow'],
  ['devices', [{ allow: true, access: 'rr' }], 'devices[0].access'],
  ['cpu', true],
];

const refused = (resources: unknown) => {
  try {
    normalizeContainerOptions({ rootfs: '/', resources } as never);
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  return undefined;
};

const SHOWN_MOST = 20;

function check(t: Test, option: string, value: unknown, named: string): void {
  const label = `${named}: ${typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)}`;
  const error = refused({ [option]: value });
  t.ok(error instanceof TypeError || error instanceof RangeError, `${label} is refused`);
  t.match(error?.code, /^ERR_(INVALID_OPTION_(TYPE|VALUE)|UNKNOWN_OPTION)$/, label);
  t.ok(error?.message.includes(`resources.${named}`), `${label}: names it: ${error?.message}`);
  const plain =
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && value.length < SHOWN_MOST);
  if (plain && !String(value).includes('\n'))
    t.ok(error?.message.includes(String(value)), `${label}: shows the value: ${error?.message}`);
}

t.test('numbers', (t) => {
  for (const [option, values] of Object.entries(NUMBERS))
    for (const value of [...values, ...NEVER]) check(t, option, value, option);
  t.end();
});

t.test('the others', (t) => {
  for (const [option, value, named = option] of OTHERS) check(t, option, value, named);
  t.end();
});

t.test('what does not go together', (t) => {
  const memory = 2 ** 20;
  t.match(refused({ memorySwap: memory }), { message: /resources\.memorySwap.* needs resources\.memory/ });
  t.match(refused({ memory, memorySwap: memory - 4096 }), { message: /resources\.memorySwap.*at least/ });
  t.match(refused({ memory, memoryReservation: memory * 2 }), { message: /resources\.memoryReservation.*at most/ });
  t.match(refused({ memory, memoryHigh: memory * 2 }), { message: /resources\.memoryHigh.*at most/ });
  t.match(refused({ cpuBurst: 1 }), { message: /resources\.cpuBurst/ });
  t.end();
});

t.test('a parent that would lead out of its hierarchy', (t) => {
  for (const cgroupParent of ['..', '../x', '/..', '/a/../..', '/a/../b', '', 'relative', '/a\0b', 5, null])
    t.throws(
      () => normalizeContainerOptions({ rootfs: '/', cgroupParent } as never),
      { message: /cgroupParent/, code: /ERR_INVALID_OPTION/ },
      JSON.stringify(cgroupParent),
    );
  t.end();
});
