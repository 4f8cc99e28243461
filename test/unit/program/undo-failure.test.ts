import t from 'tap';
import { native } from '../../../lib/native.ts';
import { encode } from '../../../lib/program/encode.ts';
import { operation } from '../../../lib/program/operation.ts';
import { undoFailureFields, undoFailureText } from '../../../lib/program/undo-failure.ts';

const program = encode([
  operation('removeDirectory', { path: '/nowhere', skip: 0 }, { actor: 'undo', tolerate: 'ENOENT' }),
  operation('run', { command: '/bin/true -f -', input: 'delete table', timeout: 1000 }, { actor: 'undo' }),
]);

t.test('an undo that failed is told by its operation, and by what a program said', async (t) => {
  const failure = { errno: 5, step: 1, messages: 'Error: no\nsuch rule\n' };
  t.match(undoFailureFields(failure, program), { errno: 'EIO', step: /true.*, which said: Error: no$/ });
  t.match(undoFailureText({ errno: 16, step: 0 }, program), /^EBUSY: .*\/nowhere/);
  t.equal(undoFailureText({ errno: 1, step: 7 }, program), 'EPERM: operation 7');
});

t.test('a program of the host is never started by Node itself', async (t) => {
  // There is no launcher yet.
  t.match(native().undo(program), { step: 1 });
});
