import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as soon } from 'node:timers/promises';
import t from 'tap';
import { Output } from '../../../examples/benchmark/output.ts';
import { Progress } from '../../../examples/benchmark/progress.ts';
import { Interrupted, interruptible } from '../../../examples/shared/interrupt.ts';

t.test('a directory is there before anything is measured, and goes when nothing is', (t) => {
  const top = t.testdir({ file: '' });
  const output = new Output(join(top, 'a/b/c'));
  output.write('x.json', '{}');
  t.equal(readFileSync(join(top, 'a/b/c/x.json'), 'utf8'), '{}');

  new Output(join(top, 'd/e/f')).discard();
  t.notOk(existsSync(join(top, 'd')));

  mkdirSync(join(top, 'mine'));
  new Output(join(top, 'mine')).discard();
  t.ok(existsSync(join(top, 'mine')), 'what was there stays');

  const shared = new Output(join(top, 'g/h'));
  writeFileSync(join(top, 'g/other'), '');
  shared.discard();
  t.notOk(existsSync(join(top, 'g/h')));
  t.ok(existsSync(join(top, 'g/other')), "what is somebody else's stays");

  t.throws(() => new Output(join(top, 'file/x')), { message: /--out: ENOTDIR/ });
  t.throws(() => new Output(join(top, 'file')), { message: /--out: EEXIST/ });
  t.end();
});

t.test('a signal aborts, and does not end the program', async (t) => {
  const interrupt = interruptible();
  t.teardown(() => interrupt.stop());
  process.kill(process.pid, 'SIGHUP');
  process.kill(process.pid, 'SIGTERM');
  while (!interrupt.signal.aborted) await soon();
  const { reason } = interrupt.signal;
  t.ok(reason instanceof Interrupted);
  t.ok([129, 143].includes(reason.status), `status ${reason.status}`);
  // Both signals were ours: neither is left for whoever comes after.
  await new Promise((resolve) => setTimeout(resolve, 20));
});

t.test('progress is one line on a terminal, and one for each part elsewhere', (t) => {
  const written = (isTTY: boolean) => {
    let all = '';
    const progress = new Progress({
      isTTY,
      write: (text: string | Uint8Array) => {
        all += text;
        return true;
      },
    });
    progress.show('exec', 0, 4);
    progress.show('exec', 1, 4);
    progress.show('heap', 0, 4);
    progress.clear();
    return all;
  };
  t.equal(written(false), 'exec …\nheap …\n');
  t.equal(written(true), '\r\x1b[Kexec 0 %\r\x1b[Kexec 25 %\r\x1b[Kheap 0 %\r\x1b[K');
  t.end();
});
