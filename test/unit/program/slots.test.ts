import t from 'tap';
import { MAX_SLOTS } from '../../../lib/program/contract.ts';
import { SlotTable } from '../../../lib/program/slots.ts';

t.test('numbers follow the streams and what the request brings', (t) => {
  const slots = new SlotTable(2);
  t.equal(slots.descriptors, 5);
  t.equal(slots.reserve('root', '/'), 5);
  t.equal(slots.reserve('dev', '/dev'), 6);
  t.equal(slots.size, 7);
  t.equal(slots.descriptors, 5, 'what is reserved is not in the request');
  t.strictSame(
    [0, 2, 3, 5].map((slot) => slots.label(slot)),
    ['stdin', 'stderr', 'descriptor 3', 'root'],
  );
  t.equal(slots.path(6), '/dev');
  t.equal(slots.path(0), undefined);
  t.equal(slots.label(99), undefined);
  t.end();
});

t.test('there is an end', (t) => {
  const slots = new SlotTable(MAX_SLOTS - 4);
  slots.reserve('last');
  t.throws(() => slots.reserve('one more'), { code: 'ERR_PROGRAM', message: /1024 descriptors/ });
  t.end();
});
