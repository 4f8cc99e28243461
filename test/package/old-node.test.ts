/** On a Node that is too old every script stops with one line that says how to get a newer one. */
import { join } from 'node:path';
import t from 'tap';
import { install, project, run, tree } from './project.ts';

for (const version of ['18', '12'])
  t.test(`Node ${version}`, async (t) => {
    const path = project();
    const name = `node-linux-${process.arch}`;
    const { exitCode } = await install(path, `${name}@${version}`);
    if (exitCode !== 0) return t.pass('runs', { skip: `${name}@${version} could not be installed` });
    const node = join(path, 'node_modules', name, 'bin/node');
    const { stdout, stderr, exitCode: status } = await run(tree, node, 'scripts/run.cjs', 'start');
    t.match(stderr, /^cofferdam needs Node 20\.19 or newer, this is v\d+\.\d+\.\d+: get a newer one with .*$/);
    t.equal(stdout, '');
    t.equal(status, 1);
  });
