import t from 'tap';
import { user } from '../../../lib/options/user.ts';
import { seeded } from '../support/random.ts';

const parse = (value: unknown) => {
  const { user: name, group, groups } = user(value, 'user');
  return [name, group, [...groups]];
};

t.test('good ones', (t) => {
  t.strictSame(parse(0), ['0', '', []]);
  t.strictSame(parse(4294967294), ['4294967294', '', []]);
  t.strictSame(parse('1000'), ['1000', '', []], 'digits are a number, whatever /etc/passwd says');
  t.strictSame(parse('007:08'), ['7', '8', []]);
  t.strictSame(parse('2147483648'), ['2147483648', '', []], 'beyond 31 bits is not a wrap to anything');
  t.strictSame(parse('root:5'), ['root', '5', []]);
  t.strictSame(parse('www-data:web.dev'), ['www-data', 'web.dev', []]);
  t.strictSame(parse('host$'), ['host$', '', []]);
  t.strictSame(parse({ uid: 5 }), ['5', '', []]);
  t.strictSame(parse({ uid: 'app', gid: 7, groups: ['video', 9, '10'] }), ['app', '7', ['video', '9', '10']]);
  t.strictSame(parse({ uid: 5, gid: 6, groups: [] }), ['5', '6', ['6']], 'no other groups than the primary one');
  t.end();
});

const BAD: [unknown, code: string, message: RegExp][] = [
  [4294967295, 'ERR_INVALID_OPTION_VALUE', /from 0 to 4294967294/],
  ['4294967295', 'ERR_INVALID_OPTION_VALUE', /at most 4294967294/],
  ['4294967296', 'ERR_INVALID_OPTION_VALUE', /at most/],
  ['99999999999999999999999999', 'ERR_INVALID_OPTION_VALUE', /at most/],
  [-1, 'ERR_INVALID_OPTION_VALUE', /from 0/],
  [1.5, 'ERR_INVALID_OPTION_VALUE', /integer/],
  [Number.NaN, 'ERR_INVALID_OPTION_VALUE', /NaN/],
  ['-1', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['1e3', 'ERR_INVALID_OPTION_VALUE', /user name/],
  [' 1', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['1 ', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['0x1', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['+1', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['١', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['', 'ERR_INVALID_OPTION_VALUE', /empty/],
  [':5', 'ERR_INVALID_OPTION_VALUE', /empty/],
  ['root:', 'ERR_INVALID_OPTION_VALUE', /empty/],
  ['a:b:c', 'ERR_INVALID_OPTION_VALUE', /'user:group'/],
  ['a\0', 'ERR_INVALID_OPTION_VALUE', /NUL/],
  ['root\nroot2', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['a/b', 'ERR_INVALID_OPTION_VALUE', /user name/],
  ['x'.repeat(256), 'ERR_INVALID_OPTION_VALUE', /user name/],
  [null, 'ERR_INVALID_OPTION_TYPE', /'user:group' or/],
  [true, 'ERR_INVALID_OPTION_TYPE', /got true/],
  [{}, 'ERR_INVALID_OPTION_TYPE', /'user\.uid'/],
  [{ uid: '1:2' }, 'ERR_INVALID_OPTION_VALUE', /'user\.uid'/],
  [{ uid: 1, groups: [2] }, 'ERR_INVALID_OPTION_TYPE', /'user\.gid' must be given where groups are/],
  [{ uid: 1, gid: 1, groups: Array(257).fill(1) }, 'ERR_INVALID_OPTION_VALUE', /at most 256/],
  [{ uid: 1, gid: 1, groups: [-2] }, 'ERR_INVALID_OPTION_VALUE', /'user\.groups\[0\]'/],
  [{ uid: 1, name: 'x' }, 'ERR_UNKNOWN_OPTION', /'user\.name'/],
];

t.test('bad ones', (t) => {
  for (const [value, code, message] of BAD)
    t.throws(() => user(value, 'user'), { code, message }, JSON.stringify(value));
  t.end();
});

/** The grammar said another way: nothing is accepted that this does not, and the other way round. */
function model(text: string): string[] | undefined {
  const one = (part: string): string | undefined => {
    if (part !== '' && [...part].every((each) => '0123456789'.includes(each))) {
      const digits = part.replace(/^0+(?=.)/, '');
      return digits.length < 10 || (digits.length === 10 && digits <= '4294967294') ? digits : undefined;
    }
    const [first = '', ...rest] = part.endsWith('$') ? part.slice(0, -1) : part;
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';
    const later = `${letters}0123456789.-`;
    return part.length <= 255 && first !== '' && letters.includes(first) && rest.every((each) => later.includes(each))
      ? part
      : undefined;
  };
  const parts = text.split(':').map(one);
  return parts.length <= 2 && parts.every((part) => part !== undefined) ? (parts as string[]) : undefined;
}

t.test('any text, against a model', (t) => {
  let accepted = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = seeded(seed);
    const text = random.text(
      random.pick([3, 8, 14]),
      random.pick(['0149', '012345678942949672', 'ab1:', 'a0:_-.$ +xe\n\0é', '0:']),
    );
    const expected = model(text);
    let got: string[] | undefined;
    try {
      const { user: name, group } = user(text, 'user');
      got = text.includes(':') ? [name, group] : [name];
      accepted++;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_INVALID_OPTION_VALUE') throw error;
    }
    if (JSON.stringify(got) !== JSON.stringify(expected))
      t.fail(`seed ${seed}: ${JSON.stringify(text)} is ${got}, not ${expected}`);
  }
  t.ok(accepted > 4000, `${accepted} accepted`);
  t.end();
});
