/** Services that start with a container of the cloner's: the autoscaler's object store, by init and as the first process. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { bundleStore, STORE_PROGRAM } from '../../examples/autoscaler/fleet/roots.ts';
import { audited } from '../support/audit.ts';
import { example } from '../support/command.ts';
import { compiledExamples } from '../support/compiled.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const state = temporary('services');
const env = { COFFERDAM_ROOT: state, COFFERDAM_CACHE: temporary('services-cache') };
const path = join(state, 'lib/cloner');
const program = join(compiledExamples(), 'examples/cloner.js');

async function ok(t: Test, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await example(program, args, env);
  t.equal(exitCode, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** A request to a container, by its address on the bridge, as soon as its service listens. */
async function ask(t: Test, name: string, where: string, init?: RequestInit): Promise<Response | undefined> {
  const listed: { name: string; ipv4: string[] }[] = JSON.parse(await ok(t, 'ls', '--json'));
  const address = listed.find((each) => each.name === name)?.ipv4[0];
  t.match(address, /^\d+(\.\d+){3}$/, `${name} has an address`);
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100))
    try {
      return await fetch(`http://${address}:8080${where}`, { ...init, signal: AbortSignal.timeout(10_000) });
    } catch {
      // Node needs a moment in there.
    }
  t.fail(`${name} does not answer`);
  return undefined;
}

const objects = async (t: Test, name: string) => (await ask(t, name, '/'))?.json();

audited(
  'a line of inittab, and the first process itself: both answer after start, and so does an ephemeral copy',
  async (t) => {
    await ok(t, 'create', '-n', 'store', '-t', 'busybox', '--', '--with', process.execPath);
    const rootfs = join(path, 'store/rootfs');
    mkdirSync(join(rootfs, 'objects'));
    mkdirSync(join(rootfs, 'app'));
    await bundleStore(join(rootfs, 'app'));

    const inittab = join(rootfs, 'etc/inittab');
    writeFileSync(inittab, `${readFileSync(inittab, 'utf8')}::respawn:${process.execPath} /app/${STORE_PROGRAM}\n`);
    await ok(t, 'start', '-n', 'store');
    t.equal((await ask(t, 'store', '/objs/a', { method: 'PUT', body: 'by init' }))?.status, 201);
    t.match(await ok(t, 'attach', '-n', 'store', '--', 'ps'), /^ +1 .*init[\s\S]*store\.cjs/m);
    await ok(t, 'stop', '-n', 'store');

    t.equal(await ok(t, 'copy', '-n', 'store', '-N', 'copy', '-e'), 'copy');
    t.equal(await (await ask(t, 'copy', '/objs/a'))?.text(), 'by init', 'it has what its source has');
    t.equal((await ask(t, 'copy', '/objs/b', { method: 'PUT', body: 'gone with it' }))?.status, 201);
    await ok(t, 'stop', '-n', 'copy');

    const config = join(path, 'store/config');
    const plain = `lxc.init.cmd = ${process.execPath} /app/${STORE_PROGRAM}\nlxc.environment = STORE_OWNER=plain\nlxc.signal.halt = SIGTERM\n`;
    writeFileSync(config, `${readFileSync(config, 'utf8')}${plain}`);
    await ok(t, 'start', '-n', 'store');
    t.strictSame(await objects(t, 'store'), ['a'], 'what the copy wrote is gone');
    t.match(await ok(t, 'attach', '-n', 'store', '--', 'ps'), /^ +1 .*store\.cjs/m);
    await ok(t, 'stop', '-n', 'store');
    await ok(t, 'copy', '-n', 'store', '-N', 'copy', '-e', '-t');
    t.strictSame(await objects(t, 'copy'), ['a']);
    await ok(t, 'stop', '-n', 'copy');
    await ok(t, 'destroy', '-n', 'store');
    t.equal(await ok(t, 'ls'), '');
  },
  noBusybox,
);
