/** Whoever dies, nothing stays: Node, the launcher, the janitor, all of them. */
import { existsSync } from 'node:fs';
import { collectGarbage, createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { eventually, helpers, isAlive, JANITOR, LAUNCHER, line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = busybox();
const PROGRAM = `
  import { createContainer } from 'cofferdam';
  const box = await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} }, id: process.env.ID, network: { interface: 'eth1' }, resources: { memory: 64 << 20, pids: 32 } });
  await box.start(['sh', '-c', 'sleep 1000 & sleep 1000']);
  console.log(box.pid);
  setInterval(() => {}, 1000);
`;

audited('SIGKILL of Node: the janitor ends what it had started', async (t) => {
  const child = node(PROGRAM, { ...process.env, ID: 'crash-node' });
  const pid = Number(await line(child));
  const { [JANITOR]: janitor } = helpers(child.pid as number);
  t.ok(isAlive(pid));
  child.kill('SIGKILL');
  t.ok(await eventually(() => !isAlive(pid)), 'the container is gone');
  t.ok(await eventually(() => !isAlive(janitor as number)), 'the janitor, too');
});

audited('process.exit() with a container alive', async (t) => {
  const child = node(
    `${PROGRAM.replace('setInterval(() => {}, 1000);', 'process.stdin.once("data", () => process.exit(0));')}`,
    { ...process.env, ID: 'crash-exit' },
  );
  const pid = Number(await line(child));
  child.stdin?.write('go');
  t.ok(await eventually(() => !isAlive(pid)));
});

audited('SIGKILL of Node at many moments of many launches', async (t) => {
  for (let delay = 0; delay < 60; delay += 3) {
    const child = node(
      `
      import { createContainer } from 'cofferdam';
      console.log('ready');
      for (;;) await Promise.all(Array.from({ length: 4 }, async () => (await createContainer({ rootfs: { lower: ${JSON.stringify(rootfs)} }, resources: { pids: 9 } })).run(['true'])));
      `,
    );
    await line(child);
    await new Promise((resolve) => setTimeout(resolve, delay));
    const { [JANITOR]: janitor } = helpers(child.pid as number);
    child.kill('SIGKILL');
    if (janitor) t.ok(await eventually(() => !isAlive(janitor)), `after ${delay} ms`);
  }
});

audited('SIGKILL of the launcher: the next start has a new one', async (t) => {
  await using box = await createContainer({ rootfs: { lower: rootfs } });
  await box.start(['sleep', '60']);
  const { [LAUNCHER]: launcher } = helpers(process.pid);
  process.kill(launcher as number, 'SIGKILL');
  t.ok(await eventually(() => !isAlive(launcher as number)));
  for (let i = 0; i < 3; i++) {
    await using next = await createContainer({ rootfs: { lower: rootfs } });
    t.match(await next.run(['echo', 'on']), { stdout: 'on\n' });
  }
  t.match(await box.exec(['echo', 'still']), { stdout: 'still\n' });
});

audited('SIGKILL of the janitor: there is a new one', async (t) => {
  const { [JANITOR]: janitor } = helpers(process.pid);
  process.kill(janitor as number, 'SIGKILL');
  t.ok(await eventually(() => (helpers(process.pid)[JANITOR] ?? janitor) !== janitor));
});

audited('SIGKILL of Node, launcher and janitor: gc finds and removes', async (t) => {
  const child = node(PROGRAM, { ...process.env, ID: 'crash-all' });
  const pid = Number(await line(child));
  const { [JANITOR]: janitor, [LAUNCHER]: launcher } = helpers(child.pid as number);
  child.kill('SIGSTOP');
  process.kill(janitor as number, 'SIGKILL');
  process.kill(launcher as number, 'SIGKILL');
  child.kill('SIGKILL');
  t.ok(await eventually(() => !existsSync(`/proc/${child.pid}`)));
  t.ok(isAlive(pid), 'nobody has cleaned up yet');
  t.match(JSON.stringify(collectGarbage({ dryRun: true })), /cofferdam-crash-all|cofferdam\/crash-all/);
  t.ok(isAlive(pid), 'a dry run changes nothing');
  t.match(JSON.stringify(collectGarbage()), /crash-all/);
  t.ok(await eventually(() => !isAlive(pid)));
  t.strictSame(collectGarbage({ dryRun: true }), []);
});
