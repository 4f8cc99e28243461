// From TAP to a list of tests. A test is a subtest with assertions of its own, or a point outside of any subtest; a subtest
// that only holds others is not counted, and whatever is marked SKIP is one skipped test with its reason.
import { Parser } from 'tap-parser';

/** @typedef {{ name: string, outcome: 'passed' | 'failed' | 'skipped', reason?: string, details: object[] }} Test */

/**
 * @param {string} file names the outermost group
 * @returns {{ parser: Parser, finish: (ok: boolean, why?: string) => Test[] }} feed the parser, then finish
 */
export function collect(file) {
  const parser = new Parser();
  const root = group(parser, file, true);
  return { parser, finish: (ok, why) => close(root, ok, why) };
}

function group(parser, name, outermost = false) {
  const self = { name, tests: [], assertions: 0, failures: [] };
  let inner; // the group whose closing point comes next
  parser.on('child', (child) => {
    inner = group(child, `${name} › ${child.name}`);
  });
  parser.on('assert', (point) => {
    const closed = inner;
    inner = undefined;
    const marked = point.skip || point.todo;
    if (marked) {
      // `t.skip('why')` has its reason where others have their name.
      const reason = typeof marked === 'string' ? marked : point.name;
      self.tests.push({ name: `${name} › ${point.name}`, outcome: 'skipped', reason, details: [] });
    } else if (closed) self.tests.push(...close(closed, point.ok, undefined, point));
    else if (outermost)
      self.tests.push({
        name: `${name} › ${point.name}`,
        outcome: point.ok ? 'passed' : 'failed',
        details: point.ok ? [] : [point],
      });
    else {
      self.assertions++;
      if (!point.ok) self.failures.push(point);
    }
  });
  parser.on('bailout', (reason) => self.failures.push({ name: `bail out: ${reason}` }));
  return self;
}

/** The tests of a group that has come to its end; itself among them when it has assertions, or a failure that none of them explains. */
function close(self, ok, why, point) {
  const unexplained = !ok && self.failures.length === 0 && !self.tests.some((test) => test.outcome === 'failed');
  const details = [...self.failures];
  if (unexplained) details.push(why ? { name: why } : (point ?? { name: 'ended with a failure' }));
  const itself = self.assertions > 0 || details.length > 0 || (ok && self.tests.length === 0 && point);
  if (!itself) return self.tests;
  return [...self.tests, { name: self.name, outcome: details.length > 0 ? 'failed' : 'passed', details }];
}
