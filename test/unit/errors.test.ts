import { constants } from 'node:os';
import { inspect } from 'node:util';
import t from 'tap';
import {
  CofferdamError,
  CofferdamRangeError,
  CofferdamSystemError,
  CofferdamTypeError,
  createError,
  describeErrno,
  ERROR_CODES,
  type ErrorCode,
} from '../../lib/errors.ts';

const type = createError('ERR_INVALID_OPTION_TYPE', { option: 'id', expected: 'a string', actual: '1', hint: '' });
const range = createError('ERR_INVALID_OPTION_VALUE', {
  option: 'id',
  problem: 'must not be empty',
  actual: '""',
  hint: 'leave it out',
});
const plain = createError('ERR_ID_IN_USE', { id: 'box' });
const system = new CofferdamSystemError({
  errno: constants.errno.ENOENT,
  step: "open '/x'",
  syscall: 'openat2',
  path: '/x',
});

t.test('each code has the class of its row', (t) => {
  const classes = { TypeError: CofferdamTypeError, RangeError: CofferdamRangeError };
  for (const [code, row] of Object.entries(ERROR_CODES)) {
    const error = createError(code as ErrorCode, {} as never);
    t.type(error, 'base' in row ? classes[row.base] : CofferdamError, code);
    t.equal(error.code, code);
  }
  t.end();
});

t.test('instanceof', (t) => {
  for (const error of [type, range, plain, system]) {
    t.ok(error instanceof Error);
    t.ok(error instanceof CofferdamError);
  }
  t.ok(type instanceof TypeError && !(type instanceof RangeError));
  t.ok(range instanceof RangeError && !(range instanceof CofferdamTypeError));
  t.notOk(plain instanceof TypeError || plain instanceof CofferdamSystemError);
  for (const other of [new Error('x'), null, 'ERR_ROOTFS', { code: 'ERR_ROOTFS' }])
    t.notOk((other as unknown) instanceof CofferdamError);
  class Special extends CofferdamError {}
  t.ok(new Special('ERR_ID_IN_USE', { id: 'a' }) instanceof Special);
  t.notOk((plain as unknown) instanceof Special);
  t.end();
});

t.test('the message says what and what to do', (t) => {
  t.equal(range.message, `option 'id' must not be empty, got "" (leave it out)`);
  t.equal(type.message, "option 'id' must be a string, got 1");
  t.equal(plain.message, "container id 'box' is in use (remove that container or choose another id)");
  t.equal(plain.remedy, 'remove that container or choose another id');
  t.end();
});

t.test('a system error', (t) => {
  t.equal(system.message, "ENOENT: no such file or directory, open '/x'");
  t.match(system, { code: 'ENOENT', errno: -2, syscall: 'openat2', path: '/x', step: "open '/x'" });
  t.notOk('dest' in system);
  t.equal(new CofferdamSystemError({ errno: -2, step: '', syscall: '' }).errno, -2);
  t.end();
});

t.test('what is printed is what Node prints: the code, and facts of the system call', (t) => {
  t.strictSame(Object.keys(plain), ['code']);
  t.strictSame(Object.keys(system).sort(), ['code', 'errno', 'path', 'step', 'syscall']);
  t.match(inspect(range), /RangeError.*option 'id'/);
  t.ok(Object.isFrozen(plain.details));
  t.strictSame(plain.details, { id: 'box' });
  t.end();
});

t.test('cause', (t) => {
  const cause = new Error('why');
  t.equal(createError('ERR_ID_IN_USE', { id: 'x' }, { cause }).cause, cause);
  t.equal(new CofferdamSystemError({ errno: 1, step: '', syscall: '' }, { cause }).cause, cause);
  t.end();
});

t.test('placeholders that are not given leave nothing behind', (t) => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[])
    t.notMatch(createError(code, {} as never).message, /[{}]|undefined/, code);
  t.end();
});

t.test('errnos', (t) => {
  // Linux has two names for these.
  const other = new Set(['EWOULDBLOCK', 'EOPNOTSUPP', 'ENOTSUP']);
  for (const [name, number] of Object.entries(constants.errno)) {
    if (other.has(name)) continue;
    t.equal(describeErrno(number).code === `E${number}` ? name : describeErrno(number).code, name);
    t.strictSame(describeErrno(number), describeErrno(-number));
  }
  t.strictSame(describeErrno(80), { code: 'ELIBBAD', text: 'accessing a corrupted shared library' });
  t.strictSame(describeErrno(95).text, 'operation not supported');
  t.strictSame(describeErrno(4321), { code: 'E4321', text: 'unknown error' });
  t.end();
});
