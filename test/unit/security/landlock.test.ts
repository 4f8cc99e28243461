/** Rights by the version of the interface. */
import t from 'tap';
import { landlockOperations } from '../../../lib/security/landlock.ts';

const nothing = {
  read: undefined,
  write: undefined,
  execute: undefined,
  connect: undefined,
  bind: undefined,
  scoped: false,
};

t.test('what a kernel does not know is neither handled nor allowed', (t) => {
  const [first] = landlockOperations({ ...nothing, read: ['/a'], write: ['/b'], execute: ['/c'] }, 1);
  t.match(first?.args, { files: 0x1fff, network: 0, scoped: 0, paths: ['12 /a', `${0x1ff2} /b`, '1 /c'], ports: [] });
  t.match(landlockOperations({ ...nothing, read: ['/'] }, 7)[0]?.args, { files: 0xffff });
  t.match(landlockOperations({ ...nothing, bind: [1], connect: [2, 3] }, 4)[0]?.args, {
    files: 0,
    network: 3,
    ports: ['1 1', '2 2', '2 3'],
  });
  t.match(landlockOperations({ ...nothing, scoped: true }, 6)[0]?.args, { scoped: 3 });
  t.strictSame(landlockOperations(undefined), []);
  t.end();
});

t.test('asked for and not there is an error', (t) => {
  t.throws(() => landlockOperations({ ...nothing, read: ['/'] }, 0), { code: 'ERR_UNSUPPORTED' });
  t.throws(() => landlockOperations({ ...nothing, bind: [1] }, 3), { code: 'ERR_UNSUPPORTED' });
  t.throws(() => landlockOperations({ ...nothing, scoped: true }, 5), { code: 'ERR_UNSUPPORTED' });
  t.end();
});
