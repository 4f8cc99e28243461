/** subuid(5) as it is found on machines. */
import t from 'tap';
import { DEFAULT_RANGE, parseSubordinate, pieces, RANGE_SIZE } from '../../../lib/security/subordinate.ts';

t.test('lines of a user, by name and by number', (t) => {
  const text =
    'alice:100000:65536\n1000:300000:10\n\n# comment\nbob:1:2\nalice:x:5\nalice:1:0\nalice:4294967290:100\nalice:0:5\n';
  t.strictSame(parseSubordinate(text, ['alice', '1000']), [
    { first: 100000, count: 65536 },
    { first: 300000, count: 10 },
  ]);
  t.strictSame(parseSubordinate('', ['alice']), []);
  t.end();
});

t.test('pieces are of the longest ranges, as many as both have', (t) => {
  const uids = [
    { first: 100_000, count: 10 },
    { first: 200_000, count: 4 * RANGE_SIZE + 5 },
  ];
  t.strictSame(pieces(uids, [{ first: 500_000, count: 3 * RANGE_SIZE }], RANGE_SIZE), {
    uid: 200_000,
    gid: 500_000,
    size: RANGE_SIZE,
    count: 3,
  });
  t.equal(pieces(uids, [], RANGE_SIZE), undefined);
  t.equal(pieces([{ first: 1, count: 5 }], [{ first: 1, count: 5 }], RANGE_SIZE), undefined);
  t.match(pieces([DEFAULT_RANGE], [DEFAULT_RANGE], RANGE_SIZE), { count: 32767 });
  t.ok(DEFAULT_RANGE.first + DEFAULT_RANGE.count < 2 ** 32 - 1);
  t.end();
});
