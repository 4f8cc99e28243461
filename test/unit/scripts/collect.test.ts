/** Counting: a test is a subtest with assertions, or a point outside of any; skips carry their reason. */
import t from 'tap';
import { collect } from '../../../scripts/tests/collect.js';

const outcomes = async (tap: string, ok: boolean, why?: string) => {
  const { parser, finish } = collect('f');
  parser.end(tap);
  return finish(ok, why).map(({ name, outcome, reason }) => [name, outcome, ...(reason ? [reason] : [])].join(' | '));
};

t.test('subtests count, groups of them do not', async (t) => {
  const tap = `TAP version 14
# Subtest: group
    # Subtest: one
        ok 1 - should be equal
        ok 2 - should be equal
        1..2
    ok 1 - one
    # Subtest: two
        not ok 1 - should be equal
        1..1
    not ok 2 - two
    1..2
not ok 1 - group
1..1
`;
  t.strictSame(await outcomes(tap, false), ['f › group › one | passed', 'f › group › two | failed']);
});

t.test('points outside of subtests are tests', async (t) => {
  const tap = '1..2\nok 1 - users\nnot ok 2 - groups\n';
  t.strictSame(await outcomes(tap, false), ['f › users | passed', 'f › groups | failed']);
});

t.test('skips are counted with their reasons, wherever they are', async (t) => {
  const tap = `TAP version 14
ok 1 - whole # SKIP needs root
# Subtest: part
    ok 1 - no busybox here # SKIP
    ok 2 - holds
    1..2
ok 2 - part
ok 3 - later # TODO soon
1..3
`;
  t.strictSame(await outcomes(tap, true), [
    'f › whole | skipped | needs root',
    'f › part › no busybox here | skipped | no busybox here',
    'f › part | passed',
    'f › later | skipped | soon',
  ]);
});

t.test('an end that no assertion explains is a failure', async (t) => {
  t.strictSame(await outcomes('', false, 'ended by SIGKILL'), ['f | failed']);
  t.strictSame(await outcomes('1..1\nok 1 - fine\n', false, 'ended with status 7'), [
    'f › fine | passed',
    'f | failed',
  ]);
  t.strictSame(await outcomes('Bail out! no kernel\n', false), ['f | failed']);
});
