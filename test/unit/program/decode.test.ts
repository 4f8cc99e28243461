import t from 'tap';
import { OPERATIONS, type OperationName } from '../../../lib/program/contract.ts';
import { decodeOperations } from '../../../lib/program/decode.ts';
import { encode } from '../../../lib/program/encode.ts';
import { explain } from '../../../lib/program/explain.ts';
import { operation } from '../../../lib/program/operation.ts';

t.test('an encoded program in words', (t) => {
  const program = [
    operation('cgroupKill', { path: '/sys/fs/cgroup/x', version: 2 }, { actor: 'janitor' }),
    operation('cgroupRemove', { path: '/sys/fs/cgroup/x', depth: 2 }, { actor: 'undo' }),
    operation('write', { path: '/y', data: Buffer.from('0') }),
    operation('setrlimit', { resource: 7, soft: 5, hard: -1 }),
    operation('exec', { file: 'sh', argv: ['sh', '-c', 'é'] }),
  ];
  t.strictSame(
    decodeOperations(encode(program)),
    program.map((each) => explain(each)),
  );
  t.end();
});

t.test('every operation, with nothing filled in', (t) => {
  const program = (Object.keys(OPERATIONS) as OperationName[]).map((name) => operation(name, {}));
  t.strictSame(
    decodeOperations(encode(program)),
    program.map((each) => explain(each)),
  );
  t.end();
});

t.test('an operation that only a later version knows', (t) => {
  const bytes = encode([operation('init', {})]);
  bytes.writeUInt16LE(999, 64);
  t.strictSame(decodeOperations(bytes), ['operation 999 of another version']);
  t.end();
});
