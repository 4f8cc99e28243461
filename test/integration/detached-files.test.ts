/** Detached containers: snapshots, and what is refused because it would not outlive the program. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { clone, collectGarbage, createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { root } from '../support/own-root.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const home = (name: string) => `${root}/lib/containers/${name}`;

audited('snapshots: back and forth, with files written, changed and removed', async (t) => {
  const upper = `${root}/shot-upper`;
  const box = await createContainer({ name: 'shot', detached: true, rootfs: { ...rootfs, upper } });
  const sh = async (script: string) => (await box.run(['sh', '-c', script])).stdout;
  await sh('echo one > /file; rm /etc/passwd; mkdir /dir; echo old > /dir/old');
  t.match(await box.snapshot(), { name: 'snap0', createdAt: Date });
  t.equal(await sh('cat /file; ls /etc/passwd 2>&1 | wc -l; cat /dir/old'), 'one\n1\nold\n');
  await sh('echo two > /file; rm -r /dir; mkdir /dir; echo new > /dir/new');
  await box.snapshot('second');
  await sh('rm /file; touch /third');
  t.strictSame(
    box.snapshots.map(({ name }) => name),
    ['snap0', 'second'],
  );
  await box.restore('snap0');
  t.equal(await sh('cat /file; ls /dir; ls /third /etc/passwd 2>/dev/null'), 'one\nold\n');
  await box.restore('second');
  t.equal(await sh('cat /file; ls /dir'), 'two\nnew\n', 'one that was taken later is there yet');
  await t.rejects(box.restore('third'), { code: 'ERR_NO_SUCH_SNAPSHOT', message: /there are: snap0, second/ });
  await t.rejects(box.snapshot('second'), { code: 'ERR_NAME_IN_USE' });
  await t.rejects(box.snapshot('../out'), { code: 'ERR_INVALID_OPTION_VALUE' });

  const copy = await clone(box, { name: 'shot-copy' });
  await t.rejects(box.remove(), { code: 'ERR_CONTAINER_STATE' }, 'its layers are shared');
  t.match(await copy.run(['cat', '/file']), { stdout: 'two\n' });
  await copy.remove();

  await box.start(['sleep', '1000']);
  await t.rejects(box.snapshot(), { code: 'ERR_CONTAINER_STATE' });
  await t.rejects(box.restore('second'), { code: 'ERR_CONTAINER_STATE' });
  await box.stop({ timeout: 0 });
  await box.restore('snap0');
  await box.removeSnapshot('second');
  t.equal(readdirSync(`${home('shot')}/layers`).length, 1, 'layers that nobody needs are gone');
  t.equal(await sh('cat /file'), 'one\n');
  await box.remove();
  t.notOk(existsSync(home('shot')));
  t.ok(existsSync(`${upper}/file`), "what is its user's stays");
});

audited('an ephemeral one that ended with the machine is collected with all that was to vanish', async (t) => {
  const own = `${root}/theirs`;
  mkdirSync(own);
  const options = { detached: true, ephemeral: true, rootfs, removes: [own] } as const;
  const box = await createContainer({ ...options, name: 'before' });
  t.strictSame(collectGarbage(), [], 'one that is about to be started is no garbage');
  t.ok(existsSync(own));
  const config = `${home('before')}/config.json`;
  const stored = JSON.parse(readFileSync(config, 'utf8'));
  writeFileSync(config, JSON.stringify({ ...stored, boot: 'another one' }));
  t.match(collectGarbage({ dryRun: true }), [{ undo: [`remove '${own}'`, /run/, /lib/], errors: [] }]);
  collectGarbage();
  t.notOk(existsSync(own));
  t.notOk(existsSync(home('before')));
  t.equal(box.state, 'removed');
});

audited('what would not outlive the program is refused', async (t) => {
  const create = (options: object) => createContainer({ name: 'refused', detached: true, rootfs, ...options } as never);
  for (const options of [
    { namespaces: { network: { path: '/proc/1/ns/net' } } },
    { namespaces: { ipc: { pid: 1 } } },
    { namespaces: { uts: { container: 'other' } } },
    { network: 'container:other' },
    { seccomp: { notify: { mkdir: () => ({ errno: 1 }) } } },
    { signal: AbortSignal.timeout(1000) },
  ])
    await t.rejects(create(options), { name: /RangeError/, code: 'ERR_INVALID_OPTION_VALUE' }, JSON.stringify(options));
  t.notOk(existsSync(home('refused')));
});

audited("rootfs 'host' shows nothing of detached containers", async (t) => {
  mkdirSync(`${root}/lib/containers`, { recursive: true, mode: 0o700 });
  writeFileSync(`${root}/lib/containers/secret`, 'secret');
  await using box = await createContainer({ rootfs: 'host' });
  const { stdout } = await box.run(['sh', '-c', `ls -A ${root}/lib ${root}/run /var/lib/cofferdam 2>/dev/null`]);
  t.notMatch(stdout, /containers|status|cloner/);
});
