/** Installing from a git address builds by `prepare`. What is installed is the commit, not the working tree. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install, project, run, temporary, tree } from './project.ts';

const skip = !existsSync(join(tree, '.git')) && 'this tree is not a git repository';

t.test('npm install git+file://', { skip, timeout: 600_000 }, async (t) => {
  const clone = join(temporary(), 'cofferdam');
  const cloned = await run(tree, 'git', 'clone', '--quiet', '--depth=1', `file://${tree}`, clone);
  t.equal(cloned.exitCode, 0, cloned.all);

  const path = project();
  const { exitCode, all } = await install(path, `git+file://${clone}`);
  t.equal(exitCode, 0, all);
  const home = join(path, 'node_modules/cofferdam');
  t.notOk(existsSync(join(home, 'lib')), 'it is packed, not linked');
  const loaded = await run(
    path,
    process.execPath,
    '-p',
    "typeof require('node-gyp-build')(require.resolve('cofferdam/package.json').replace('/package.json', '')).launch",
  );
  t.equal(loaded.stdout, 'function');
  const imported = await run(path, process.execPath, '-p', "typeof require('cofferdam').createContainer");
  t.equal(imported.stdout, 'function');
});
