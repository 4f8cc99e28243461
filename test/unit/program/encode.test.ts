import t from 'tap';
import {
  ACTORS,
  MAX_OPERATIONS,
  OPERATIONS,
  type OperationName,
  PROGRAM_FLAGS,
  TOLERATE,
} from '../../../lib/program/contract.ts';
import { encode } from '../../../lib/program/encode.ts';
import { type Operation, operation } from '../../../lib/program/operation.ts';
import { SlotTable } from '../../../lib/program/slots.ts';
import { decodeProgram } from '../support/decode.ts';
import { type Random, seeded } from '../support/random.ts';

t.test('the header', (t) => {
  const slots = new SlotTable(2);
  slots.reserve('root');
  const {
    flags,
    descriptors,
    slots: count,
    cloneFlags,
    operations,
  } = decodeProgram(encode([], { flags: PROGRAM_FLAGS.split, cloneFlags: 0x3_2000_0000, slots }));
  t.strictSame(
    { flags, descriptors, count, cloneFlags, operations },
    { flags: PROGRAM_FLAGS.split, descriptors: 5, count: 6, cloneFlags: 0x3_2000_0000n, operations: [] },
  );
  t.end();
});

t.test('the cgroup that the process is born in', (t) => {
  const cgroup = { path: '/sys/fs/cgroup/cofferdam/box', depth: 2 };
  const program = [operation('cgroupCreate', cgroup, { actor: 'launcher' })];
  t.strictSame(decodeProgram(encode(program, { cgroup })).cgroup, cgroup);
  t.end();
});

t.test('an undo program has no slots and no cgroup', (t) => {
  const program = decodeProgram(encode([operation('cgroupRemove', { path: '/x' }, { actor: 'undo' })]));
  t.match(program, { slots: 0, descriptors: 0, cgroup: undefined, cloneFlags: 0n });
  t.match(program.operations, [{ name: 'cgroupRemove', actor: 'undo', args: { path: '/x', depth: 0n } }]);
  t.end();
});

t.test('what is left out is 0, no slot, or empty', (t) => {
  const every = (Object.keys(OPERATIONS) as OperationName[]).map((name) => operation(name, {}));
  const empty = { int: 0n, slot: -1, string: '', bytes: Buffer.alloc(0), strings: [] };
  for (const { name, args } of decodeProgram(encode(every)).operations)
    for (const [argument, kind] of OPERATIONS[name as OperationName].args)
      t.strictSame(args[argument], empty[kind], `${name}.${argument}`);
  t.end();
});

t.test('numbers', (t) => {
  const cases: [number | bigint, bigint][] = [
    [0, 0n],
    [0xffffffff, 0xffffffffn],
    [2 ** 32, 2n ** 32n],
    [Number.MAX_SAFE_INTEGER, 2n ** 53n - 1n],
    [-1, 2n ** 64n - 1n],
    [-(2 ** 40), 2n ** 64n - 2n ** 40n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [-1n, 2n ** 64n - 1n],
    [2n ** 63n + 5n, 2n ** 63n + 5n],
  ];
  const [operations] = [cases.map(([flags]) => operation('unshare', { flags }))];
  t.strictSame(
    decodeProgram(encode(operations)).operations.map(({ args }) => args.flags),
    cases.map(([, wire]) => wire),
  );
  for (const bad of [Number.NaN, 1.5, 2 ** 53, Number.POSITIVE_INFINITY])
    t.throws(() => encode([operation('unshare', { flags: bad })]), { code: 'ERR_PROGRAM', message: /unshare's flags/ });
  t.end();
});

t.test('a slot that is not in the table is refused', (t) => {
  const slots = new SlotTable();
  for (const from of [3, -2, 1.5, Number.NaN])
    t.throws(() => encode([operation('close', { descriptor: from })], { slots }), {
      code: 'ERR_PROGRAM',
      message: /close/,
    });
  t.doesNotThrow(() => encode([operation('close', { descriptor: 2 })], { slots }));
  t.end();
});

t.test('a NUL byte is refused wherever it is', (t) => {
  const long = 'x'.repeat(500);
  for (const text of ['\0', 'a\0b', 'é\0', '\0é', `${long}\0`, `${long}é\0${long}`]) {
    t.throws(() => encode([operation('chdir', { path: text })]), {
      code: 'ERR_PROGRAM',
      message: /NUL byte in chdir's path/,
    });
    t.throws(() => encode([operation('exec', { argv: ['a', text] })]), {
      code: 'ERR_PROGRAM',
      message: /NUL byte in exec's argv/,
    });
  }
  t.end();
});

t.test('equal strings are written once, arrays never shared', (t) => {
  const twice = (path: string) => encode([operation('chdir', { path }), operation('chdir', { path })]);
  t.equal(twice('/a/path/of/some/length').length - twice('').length, '/a/path/of/some/length'.length);
  const argv = ['sh', '-c', 'sh'];
  const { operations } = decodeProgram(encode([operation('exec', { file: 'sh', argv, envp: argv })]));
  t.strictSame(operations[0]?.args, { file: 'sh', argv, envp: argv, path: '' });
  t.end();
});

t.test('nothing of an earlier program is left in a later one', (t) => {
  const small = [
    operation('newMount', { type: 'tmpfs', options: ['a', 'bc'], into: -1 }),
    operation('exec', { argv: ['x'] }),
  ];
  const before = encode(small);
  encode([
    operation('write', { data: Buffer.alloc(100_000, 0xff) }),
    operation('exec', { argv: Array(999).fill('y') }),
  ]);
  t.strictSame(encode(small), before);
  t.end();
});

t.test('large programs', (t) => {
  const argv = ['true', ...Array.from({ length: 32 }, (_, i) => String(i % 10).repeat(65536))];
  const mounts = Array.from({ length: 300 }, (_, i) =>
    operation('mount', { source: `/srv/${i}`, target: `/mnt/${i}` }),
  );
  const { operations } = decodeProgram(encode([...mounts, operation('exec', { file: 'true', argv })]));
  t.equal(operations.length, 301);
  t.match(operations[299]?.args, { source: '/srv/299' });
  t.strictSame(operations[300]?.args.argv, argv, '2 MiB of arguments');

  const most = Array.from({ length: MAX_OPERATIONS }, () => operation('init', {}));
  t.doesNotThrow(() => encode(most));
  t.throws(() => encode([...most, operation('init', {})]), { code: 'ERR_PROGRAM', message: /4097 operations/ });
  t.throws(() => encode([operation('chdir', { path: 'x'.repeat(2 ** 21) })]), { code: 'ERR_PROGRAM' });
  t.throws(() => encode([operation('chdir', { path: '日'.repeat(2 ** 20) })]), { code: 'ERR_PROGRAM' });
  t.end();
});

const ALPHABET = 'abc/=:é日\u{1f600}';

/** A value of each kind as it is given, and as the reader must see it. */
const KINDS: Record<string, (random: Random, slots: number) => [given: unknown, seen: unknown]> = {
  int: (random) => {
    const value = random.below(2) ? random.below(2 ** 48) : BigInt(random.below(2 ** 32)) << BigInt(random.below(33));
    return [value, BigInt(value)];
  },
  slot: (random, slots) => {
    const value = random.below(slots + 1) - 1;
    return [value, value];
  },
  string: (random) => {
    const value = random.text(random.pick([5, 40, 60, 300]), ALPHABET);
    return [value, value];
  },
  bytes: (random) => {
    const value = Buffer.from(random.text(50, ALPHABET));
    return [value, value];
  },
  strings: (random) => {
    const value = Array.from({ length: random.below(6) }, () => random.text(60, ALPHABET));
    return [value, value];
  },
};

t.test('any program comes back as it was', (t) => {
  const names = Object.keys(OPERATIONS) as OperationName[];
  const actors = Object.keys(ACTORS) as (keyof typeof ACTORS)[];
  const tolerances = Object.keys(TOLERATE) as (keyof typeof TOLERATE)[];
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const slots = new SlotTable(random.below(10));
    const operations: Operation[] = [];
    const expected: unknown[] = [];
    for (let count = random.below(60); count > 0; count--) {
      const name = random.pick(names);
      const pairs = OPERATIONS[name].args.map(
        ([argument, kind]) => [argument, KINDS[kind]?.(random, slots.size)] as [string, [unknown, unknown]],
      );
      const actor = random.pick(actors);
      const tolerate = tolerances.filter(() => random.below(4) === 0);
      const given = Object.fromEntries(pairs.map(([argument, [value]]) => [argument, value]));
      operations.push(operation(name, given as never, { actor, tolerate }));
      expected.push({
        name,
        actor,
        tolerate: tolerate.reduce((bits, each) => bits | TOLERATE[each], 0),
        args: Object.fromEntries(pairs.map(([argument, [, seen]]) => [argument, seen])),
      });
    }
    const decoded = decodeProgram(encode(operations, { slots }));
    if (!t.strictSame(decoded.operations, expected, `seed ${seed}`)) break;
  }
  t.end();
});
