/** Rules about devices: as a program of v2, as a list of v1, and what both must say alike. */
import t from 'tap';
import { type DeviceList, listOf, listWrites } from '../../../lib/cgroup/devices/list.ts';
import { assemble, encode } from '../../../lib/cgroup/devices/program.ts';
import { ACCESS, covers, type Rule, rulesOf, ruleText } from '../../../lib/cgroup/devices/rules.ts';
import type { DeviceRule } from '../../../lib/options/types.ts';
import { checkProgram, type DeviceAccess, runDeviceProgram } from '../support/device-program.ts';
import { seeded } from '../support/random.ts';

const programOf = (rules: readonly Rule[]): Uint8Array => {
  const program = encode(assemble(rules));
  checkProgram(program);
  return program;
};

const device = (text: string): DeviceAccess => {
  const [, type, major, minor, access = ''] = /^([bc]) (\d+):(\d+) (\w+)$/.exec(text) ?? [];
  return { type: type as 'b' | 'c', major: Number(major), minor: Number(minor), access };
};

/** The meaning of rules, said in the plainest way: each kind of access goes by the last rule that matches. */
const allowed = (rules: readonly Rule[], { type, major, minor, access }: DeviceAccess): boolean =>
  [...access].every((letter) => {
    const asked = { allow: true, type, major, minor, access: ACCESS[letter as keyof typeof ACCESS] };
    return rules.findLast((rule) => covers(rule, asked) && (rule.access & asked.access) !== 0)?.allow ?? false;
  });

/** As the kernel's security/device_cgroup.c decides: an exception must allow, or deny, by itself. */
const allowedByList = ({ allow, exceptions }: DeviceList, { type, major, minor, access }: DeviceAccess): boolean =>
  [...access].every((letter) => {
    const asked = { allow: true, type, major, minor, access: ACCESS[letter as keyof typeof ACCESS] };
    return exceptions.some((each) => covers(each, asked) && (each.access & asked.access) !== 0) ? !allow : allow;
  });

const DEFAULTS: readonly [device: string, allowed: boolean][] = [
  ['c 1:3 rw', true],
  ['c 1:9 r', true],
  ['c 5:0 rw', true],
  ['c 5:2 rw', true],
  ['c 136:7 rw', true],
  ['c 10:229 m', true],
  ['b 8:0 m', true],
  ['c 1:1 r', false],
  ['b 8:0 r', false],
  ['b 1:3 rw', false],
  ['c 1:3 rwm', true],
  ['c 10:229 rwm', false],
];

t.test('what containers have by default', (t) => {
  const rules = rulesOf([]);
  const program = programOf(rules);
  const list = listOf(rules);
  for (const [text, expected] of DEFAULTS) {
    t.equal(runDeviceProgram(program, device(text)), expected, text);
    t.equal(allowedByList(list, device(text)), expected, `${text}, by v1`);
  }
  t.end();
});

t.test('the last rule counts', (t) => {
  const decide = (rules: readonly DeviceRule[], text: string) =>
    runDeviceProgram(programOf(rulesOf(rules)), device(text));
  const disk: DeviceRule = { allow: true, type: 'b', major: 8 };
  t.equal(decide([disk], 'b 8:1 rw'), true);
  t.equal(decide([disk, { ...disk, allow: false, minor: 1 }], 'b 8:1 r'), false);
  t.equal(decide([disk, { ...disk, allow: false, minor: 1 }], 'b 8:2 r'), true);
  t.equal(decide([disk, { ...disk, allow: false, access: 'w' }], 'b 8:2 r'), true);
  t.equal(decide([disk, { ...disk, allow: false, access: 'w' }], 'b 8:2 rw'), false, 'any part is too much');
  t.equal(
    decide(
      [
        { ...disk, access: 'r' },
        { ...disk, access: 'w' },
      ],
      'b 8:2 rw',
    ),
    true,
    'from two rules',
  );
  t.equal(decide([{ allow: true }], 'b 8:2 rwm'), true, 'everything');
  t.equal(decide([{ allow: false }], 'c 1:3 r'), false, 'nothing at all');
  t.end();
});

const NUMBERS = [undefined, 0, 1, 3];

t.test('a thousand random policies mean the same in both versions', (t) => {
  const { below, pick } = seeded(4);
  let compared = 0;
  for (let round = 0; round < 1000; round++) {
    const rules = Array.from({ length: 1 + below(6) }, (): Rule => {
      const type = pick([undefined, 'b', 'c'] as const);
      const major = type && pick(NUMBERS);
      return { allow: pick([true, false]), type, major, minor: type && pick(NUMBERS), access: 1 + below(7) };
    });
    const program = programOf(rules);
    let list: DeviceList | undefined;
    try {
      list = listOf(rules);
    } catch (error) {
      t.match(error, { code: 'ERR_UNSUPPORTED' });
    }
    for (const type of ['b', 'c'] as const)
      for (const major of [0, 1, 2, 3])
        for (const minor of [0, 1, 2, 3])
          for (const access of ['r', 'w', 'm', 'rw', 'rwm']) {
            const asked = { type, major, minor, access };
            const expected = allowed(rules, asked);
            const said = [runDeviceProgram(program, asked), list ? allowedByList(list, asked) : expected];
            if (said[0] === expected && said[1] === expected) continue;
            t.fail(`${JSON.stringify(asked)} by ${rules.map(ruleText).join(', ')}`);
            return t.end();
          }
    if (list) compared++;
  }
  t.ok(compared > 300, `${compared} of them could be lists`);
  t.end();
});

const lines = (before: readonly DeviceRule[] | undefined, after: readonly DeviceRule[]) =>
  listWrites(listOf(rulesOf(after)), before && listOf(rulesOf(before))).map(({ file, value, inverse = [] }) => [
    `${file} ${value}`,
    ...inverse.map((each) => `${each.file} ${each.value}`),
  ]);

t.test('v1: a new list, and changes of one that is in force', (t) => {
  t.strictSame(
    lines(undefined, [{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }]).map(([line]) => line),
    [
      'devices.deny a',
      'devices.allow b *:* m',
      'devices.allow c *:* m',
      ...['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:2', '136:*'].map((numbers) => `devices.allow c ${numbers} rwm`),
      'devices.allow c 10:229 rw',
    ],
  );
  const fuse: DeviceRule = { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' };
  t.strictSame(
    lines(
      [fuse],
      [
        { ...fuse, access: 'r' },
        { ...fuse, minor: 200 },
      ],
    ),
    [
      ['devices.allow c 10:200 rw', 'devices.deny c 10:200 rw'],
      ['devices.deny c 10:229 w', 'devices.allow c 10:229 w'],
    ],
  );
  t.strictSame(lines([fuse], [{ allow: true }]), [
    [
      'devices.allow a',
      'devices.deny a',
      'devices.allow b *:* m',
      'devices.allow c *:* m',
      ...['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:2', '136:*'].map((numbers) => `devices.allow c ${numbers} rwm`),
      'devices.allow c 10:229 rw',
    ],
  ]);
  t.throws(() => lines(undefined, [{ allow: false, type: 'c', major: 1, minor: 3 }]), {
    code: 'ERR_UNSUPPORTED',
    message: /'c 1:3 rwm'.*'c \*:\* m'.*leave 'm' out/,
  });
  t.end();
});
