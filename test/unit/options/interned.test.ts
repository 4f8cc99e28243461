import t from 'tap';
import { Interned } from '../../../lib/options/interned.ts';

/** How many different results a list of options gives. */
function kinds(options: readonly unknown[], apart: readonly string[] = []): number {
  const interned = new Interned<object>(apart);
  return new Set(options.map((each) => interned.of(each, () => ({})))).size;
}

t.test('equal options are one object', (t) => {
  t.equal(
    kinds([
      { a: 1, b: ['x', true] },
      { a: 1, b: ['x', true] },
      { a: 1, b: ['x', true], c: undefined },
    ]),
    1,
  );
  t.equal(kinds([{ a: 1, id: 'x' }, { a: 1, id: {} }, { a: 1 }], ['id']), 1);
  t.end();
});

t.test('different ones are not', (t) => {
  const different: unknown[] = [
    {},
    { a: 1 },
    { a: '1' },
    { a: true },
    { a: [1] },
    { a: { 0: 1 } },
    { a: ['1"x', 'y'] },
    { a: ['1"x1"y'] },
    { a: 'b', c: 'd' },
    { a: 'b1:c1"d' },
    { a: 12, b: 3 },
    { a: 1, b: 23 },
    [],
    [{}],
  ];
  t.equal(kinds(different), different.length);
  t.equal(kinds([{ a: { id: 1 } }, { a: { id: 2 } }], ['id']), 2, 'apart at the top alone');
  t.end();
});

t.test('what is not plain data is looked at each time', (t) => {
  class Options {
    a = 1;
  }
  for (const make of [
    () => ({ a: () => 1 }),
    () => ({ a: new Options() }),
    () => new Options(),
    () => ({ a: null }),
    () => ({ a: Number.NaN }),
    () => ({ a: 1n }),
    () => ({ a: Symbol.iterator }),
    () => ({ a: [undefined] }),
    () => ({ a: new Date(0) }),
    () => Object.assign(Object.create({ b: 1 }), { a: 1 }),
    () => ({ a: 'x'.repeat(40_000) }),
    () => ({ a: Array.from({ length: 20_000 }, () => 1) }),
    () => 'text',
    () => undefined,
  ])
    t.equal(kinds([make(), make()]), 2, make.toString());
  t.end();
});

t.test("nobody's prototype speaks for options", (t) => {
  const polluted = Object.prototype as { toJSON?: () => string };
  polluted.toJSON = () => 'all alike';
  try {
    t.equal(kinds([{ a: 1 }, { a: 2 }]), 2);
  } finally {
    delete polluted.toJSON;
  }
  t.equal(kinds([{ a: 1 }, JSON.parse('{"a":1,"__proto__":{"b":1}}')]), 2);
  t.end();
});

t.test('a failure is not kept, and the oldest go', (t) => {
  const interned = new Interned<object>([]);
  t.throws(() =>
    interned.of({ a: 1 }, () => {
      throw new Error('refused');
    }),
  );
  const first = interned.of({ a: 1 }, () => ({}));
  t.equal(
    interned.of({ a: 1 }, () => ({})),
    first,
  );
  for (let i = 0; i < 100; i++) interned.of({ i }, () => ({}));
  t.not(
    interned.of({ a: 1 }, () => ({})),
    first,
  );
  t.end();
});
