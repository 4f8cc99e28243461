/** What the cloner's commands print, and what they are made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ipv4In, ipv6In } from '../../../../examples/cloner/addresses.ts';
import { chosen } from '../../../../examples/cloner/commands/autostart.ts';
import { cgroupOf } from '../../../../examples/cloner/commands/cgroup.ts';
import { emptyConfig } from '../../../../examples/cloner/config/config.ts';
import { KEYS } from '../../../../examples/cloner/config/keys.ts';
import { NET_KEYS } from '../../../../examples/cloner/config/net.ts';
import { containerName, libraryName, placesOf } from '../../../../examples/cloner/places.ts';
import { CLONER } from '../../../../examples/cloner/table/index.ts';
import { columns, grid } from '../../../../examples/cloner/table.ts';
import { batchLines, sorted, topTable, type Use } from '../../../../examples/cloner/top-table.ts';
import { works } from '../../../../examples/cloner/works.ts';
import { dispatch } from '../../../../lib/cli/index.ts';
import { top } from '../../../support/command.ts';

const page = readFileSync(new URL('docs/cloner.md', top), 'utf8');

t.test('docs/cloner.md has every command and every key', async (t) => {
  const missing = [
    ...(CLONER.subcommands ?? []).map(({ name }) => `\`${name}\``),
    ...Object.keys(KEYS).map((key) => `\`${key}\``),
    ...Object.keys(NET_KEYS).map((key) => `\`${key}\``),
  ].filter((word) => !page.includes(word));
  t.strictSame(missing, []);
  t.strictSame(
    (CLONER.subcommands ?? []).map(({ name }) => name).filter((name) => !Object.hasOwn(works, name)),
    [],
    'every command does something',
  );
});

t.test('wrong usage is told before anything is touched', async (t) => {
  const told = async (...words: string[]) => {
    let text = '';
    const say = (part: string) => {
      text += part;
    };
    const status = await dispatch(CLONER, '0', words, works, { out: say, err: say });
    return { status, text };
  };
  t.match(await told('start', '--help'), {
    status: 0,
    text: /Usage: cloner start \[OPTIONS\] \[NAME\] \[-- COMMAND ARG...\]/,
  });
  t.match(await told('strat'), { status: 1, text: /there is no command 'strat'/ });
  t.match(await told('create', '-n', 'x', '-t', 'gentoo'), {
    status: 1,
    text: /there are busybox, debian, alpine, dir/,
  });
  t.match(await told('stop', '-t', 'soon', 'x'), { status: 1, text: /not a number of seconds/ });
  t.match(await told('start', '-n', '../x'), { status: 1, text: /is not a name/ });
  t.match(await told('ls', '-F', 'NAME,COLOUR'), { status: 1, text: /no column 'COLOUR'/ });
  t.match(await told('wait', '-n', 'x', '-s', 'ASLEEP'), { status: 1, text: /no state 'ASLEEP'/ });
});

t.test('names', async (t) => {
  t.throws(() => containerName('a/b'), /is not a name/);
  t.throws(() => containerName('.a'), /is not a name/);
  t.throws(() => containerName('a'.repeat(56)), /at most 55/);
  const other = libraryName(placesOf('/var/lib/lxc', 'web'));
  t.match(other, /^web-[0-9a-f]{8}$/);
  t.equal(libraryName(placesOf('/var/lib/../lib/lxc/', 'web')), other, 'two ways to write a directory are one');
});

t.test('addresses', async (t) => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.3.0/24 2 0 2
        |-- 10.0.3.0
           /24 link UNICAST
        |-- 10.0.3.7
           /32 host LOCAL
        |-- 10.0.3.255
           /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
Local:
        |-- 10.0.3.7
           /32 host LOCAL
`;
  t.strictSame(ipv4In(trie), ['10.0.3.7']);
  const inet6 = `fd000004000000000000000000000005 02 40 00 80     eth0
fe80000000000000001636fffe000001 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;
  t.strictSame(ipv6In(inet6), ['fd00:4::5']);
  t.strictSame([ipv4In(''), ipv6In('')], [[], []]);
});

t.test('tables', async (t) => {
  t.strictSame(
    columns(
      ['NAME', 'S'],
      [
        ['a', 'RUNNING'],
        ['longer', '-'],
      ],
    ),
    ['NAME   S', 'a      RUNNING', 'longer -'],
  );
  t.strictSame(columns(['NAME'], []), ['NAME']);
  t.strictSame(grid(['a', 'b', 'c', 'd', 'e'], 4), ['a d', 'b e', 'c']);
  t.strictSame(grid([], 80), []);
});

t.test('top', async (t) => {
  const use = (name: string, cpu: number, memory: number): Use => ({
    name,
    cpu,
    system: 0,
    user: cpu,
    read: 0,
    written: 5,
    memory,
  });
  const uses = [use('b', 1e6, 3), use('a', 2e6, 1)];
  const names = (list: readonly Use[]) => list.map(({ name }) => name).join('');
  t.equal(names(sorted(uses, 'n', false)), 'ab');
  t.equal(names(sorted(uses, 'c', true)), 'ab');
  t.equal(names(sorted(uses, 'm', false)), 'ab');
  const table = topTable(uses);
  t.match(table[0], /^Container +CPU +CPU +CPU +BlkIO +Mem$/);
  t.match(table.at(-1), /^TOTAL 2 +3.00 +0.00 +3.00 +10\(0\/10\) +4$/);
  t.strictSame(batchLines([use('a', 2, 1)], 7), ['7,a,2000,0,2000,0,5,1']);
});

t.test('which containers start by themselves, and in which order', async (t) => {
  const container = (name: string, startOrder: number, startGroups: string[]) => ({
    places: placesOf('/p', name),
    config: { ...emptyConfig(), startOrder, startGroups },
  });
  const all = [
    container('b', 5, []),
    container('a', 5, []),
    container('web', -1, ['www']),
    container('db', 0, ['onboot', 'www']),
  ];
  const names = (options: Parameters<typeof chosen>[1]) => chosen(all, options).map(({ places }) => places.name);
  t.strictSame(names({ groups: undefined, all: false }), ['a', 'b']);
  t.strictSame(names({ groups: ['onboot', ''], all: false }), ['db', 'a', 'b']);
  t.strictSame(names({ groups: ['www', 'onboot'], all: false }), ['web', 'db']);
  t.strictSame(names({ groups: undefined, all: true }), ['web', 'db', 'a', 'b']);
});

t.test('where a cgroup is', async (t) => {
  const mounts = `25 20 0:21 / ${join('/sys/fs/cgroup')}/memory rw - cgroup cgroup rw,memory
26 20 0:22 /box /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
27 20 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`;
  const membership = '5:memory:/cofferdam-a\n4:cpu,cpuacct:/box/cofferdam-a\n0::/cofferdam-u\n';
  t.strictSame(cgroupOf('memory', mounts, membership), {
    directory: '/sys/fs/cgroup/memory/cofferdam-a',
    version: 1,
  });
  t.match(cgroupOf('cpu', mounts, membership), { directory: '/sys/fs/cgroup/cpu,cpuacct/cofferdam-a' });
  t.strictSame(cgroupOf('pids', mounts, membership), {
    directory: '/sys/fs/cgroup/unified/cofferdam-u',
    version: 2,
  });
  t.equal(cgroupOf('pids', '', membership), undefined);
});
