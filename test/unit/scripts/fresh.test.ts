/** What is up to date, by modification times. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isFresh, markFresh } from '../../../scripts/setup/fresh.js';

t.test('a stamp is fresh until something below its sources changes', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'cofferdam-fresh-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const source = join(root, 'lib/deep/a.ts');
  const stamp = join(root, 'dist/.complete');
  mkdirSync(join(root, 'lib/deep'), { recursive: true });
  writeFileSync(source, '');
  const at = (path: string, seconds: number) => utimesSync(path, seconds, seconds);
  for (const path of [source, join(root, 'lib/deep'), join(root, 'lib')]) at(path, 1000);

  t.notOk(isFresh(stamp, [join(root, 'lib')]), 'there is no stamp');
  markFresh(stamp, 1_001_000);
  t.ok(isFresh(stamp, [join(root, 'lib'), join(root, 'missing')]));
  at(source, 1002);
  t.notOk(isFresh(stamp, [join(root, 'lib')]), 'a file changed');
  at(source, 1000);
  at(join(root, 'lib/deep'), 1002);
  t.notOk(isFresh(stamp, [join(root, 'lib')]), 'a file is gone');
});
