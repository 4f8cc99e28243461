import t from 'tap';
import { absolutePath, integer, list, number, oneOf, show, string } from '../../../lib/options/check.ts';
import { closest } from '../../../lib/options/closest.ts';

t.test('values are shown short, on one line, with their type', (t) => {
  const cases: [unknown, string][] = [
    ['text', '"text"'],
    ['a\nb\0', '"a\\nb\\u0000"'],
    ['x'.repeat(1000), `"${'x'.repeat(60)}…"`],
    [5, '5'],
    [Number.NaN, 'NaN'],
    [5n, '5n'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [[1], 'an array'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Map(), 'an instance of Map'],
    [() => 5, 'a function'],
    [Symbol('x'), 'Symbol(x)'],
  ];
  for (const [value, shown] of cases) t.equal(show(value), shown);
  t.end();
});

t.test('paths', (t) => {
  for (const [given, path] of [
    ['/', '/'],
    ['//', '/'],
    ['/a/', '/a'],
    ['/a//b///c', '/a/b/c'],
    ['/./proc/./self/.', '/proc/self'],
    ['/a/..b/c..', '/a/..b/c..'],
  ] as const)
    t.equal(absolutePath(given, 'p'), path);
  for (const bad of ['a', '', './a', '/..', '/a/..', '/../a', '/a\0'])
    t.throws(() => absolutePath(bad, 'p'), { code: 'ERR_INVALID_OPTION_VALUE' });
  t.end();
});

t.test('numbers at their ends', (t) => {
  const small = integer({ least: 1, most: 3 });
  t.equal(small(1, 'n'), 1);
  t.equal(small(3, 'n'), 3);
  for (const bad of [0, 4, 2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5])
    t.throws(() => small(bad, 'n'), { code: 'ERR_INVALID_OPTION_VALUE' });
  for (const bad of ['2', 2n, null, [2], new Number(2)])
    t.throws(() => small(bad, 'n'), { code: 'ERR_INVALID_OPTION_TYPE' });
  t.equal(integer({ least: 0 })(Number.MAX_SAFE_INTEGER, 'n'), Number.MAX_SAFE_INTEGER);
  t.throws(() => integer({ least: 0 })(2 ** 53, 'n'), { code: 'ERR_INVALID_OPTION_VALUE', message: /2\^53/ });
  t.equal(number({ least: 0, most: 1 })(0.25, 'n'), 0.25);
  t.end();
});

t.test('lists have no holes', (t) => {
  t.throws(() => list(string)(new Array(2), 'l'), { message: /'l\[0\]' must be a string, got undefined/ });
  t.end();
});

t.test('the nearest word', (t) => {
  const words = ['hostname', 'resources', 'memory', 'mounts', 'NET_ADMIN'];
  const cases: [string, string | undefined][] = [
    ['hostame', 'hostname'],
    ['hostnmae', 'hostname'],
    ['Memory', 'memory'],
    ['mount', 'mounts'],
    ['net-admin', 'NET_ADMIN'],
    ['xyz', undefined],
    ['', undefined],
    ['x'.repeat(1000), undefined],
    ['__proto__', undefined],
  ];
  for (const [word, expected] of cases) t.equal(closest(word, words), expected, word.slice(0, 20));
  t.throws(() => oneOf(['pipe', 'ignore'])('ignor', 'o'), { message: /did you mean 'ignore'/ });
  t.end();
});
