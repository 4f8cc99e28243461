/** Detached containers when somebody is killed, when the disk is full, and when everybody wants the same one. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Container, clone, collectGarbage, createContainer, listContainers } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { fill, unmount } from '../support/disk.ts';
import { root } from '../support/own-root.ts';
import { eventually, helpers, isAlive, JANITOR, line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const SLEEP = ['sleep', '1000'];

const program = (source: string, env: NodeJS.ProcessEnv = process.env) =>
  node(
    `import { clone, Container, createContainer, listContainers } from 'cofferdam'; const rootfs = ${JSON.stringify(rootfs)}; ${source}`,
    env,
  );

const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Whatever is there goes, and then nothing may be left to collect. */
async function removeAll(): Promise<void> {
  const all = await listContainers();
  for (const copies of [true, false])
    for (const { name, source } of all)
      if ((source !== undefined) === copies) await (await Container.open(name)).remove().catch(ignoreMissing);
}

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ERR_NO_SUCH_CONTAINER') throw error;
};

audited(
  'SIGKILL of the monitor: told truthfully, and the container can still be used, stopped and started',
  async (t) => {
    const box = await createContainer({ name: 'unwatched', detached: true, rootfs });
    await box.start(['sh', '-c', 'while :; do echo x; sleep 0.01; done']);
    const pid = box.pid as number;
    const ended = box.wait();
    process.kill(parentOf(pid), 'SIGKILL');
    t.ok(await eventually(() => box.monitorLost));
    t.match(await listContainers(), [{ state: 'running', pid, monitorLost: true }]);
    t.match(await box.exec(['echo', 'here']), { stdout: 'here\n' });
    t.strictSame(collectGarbage({ dryRun: true }), [], 'what runs is no garbage');
    await box.stop({ timeout: 0 });
    t.match(await ended, { exitCode: null, signal: null, lost: true, reason: 'monitor-lost' });
    t.match(await listContainers(), [{ state: 'stopped', exitCode: null, monitorLost: true }]);
    t.match(collectGarbage({ dryRun: true }), [{ undo: [/kill all processes/, /remove cgroup/] }]);
    t.match(collectGarbage(), [{ errors: [] }]);
    t.strictSame(collectGarbage(), []);
    t.match(await box.run(['echo', 'anew']), { stdout: 'anew\n', exitCode: 0 });
    await box.start(SLEEP);
    process.kill(parentOf(box.pid as number), 'SIGKILL');
    t.ok(await eventually(() => box.monitorLost));
    await box.remove();
  },
);

audited('an ephemeral copy whose monitor is killed: gc removes it when it has ended', async (t) => {
  const source = await createContainer({ name: 'of', detached: true, rootfs, command: SLEEP });
  const copy = await clone(source, { ephemeral: true, name: 'lonely', tmpfs: false });
  const pid = copy.pid as number;
  process.kill(parentOf(pid), 'SIGKILL');
  t.ok(await eventually(() => copy.monitorLost));
  process.kill(pid, 'SIGKILL');
  t.ok(await eventually(() => !isAlive(pid)));
  t.match(collectGarbage(), [{}, {}]);
  t.strictSame(
    (await listContainers()).map(({ name }) => name),
    ['of'],
  );
  t.notOk(existsSync(`${root}/lib/containers/lonely`));
  await source.remove();
});

audited('SIGKILL of the janitor, then of the program: detached containers run on, and can be used', async (t) => {
  const child = program(`
    const box = await createContainer({ name: 'steady', detached: true, rootfs, command: ${JSON.stringify(SLEEP)} });
    await box.start();
    console.log(box.pid);
    setInterval(() => {}, 1000);`);
  const pid = Number(await line(child));
  const { [JANITOR]: janitor } = helpers(child.pid as number);
  // It has no time to start another one.
  child.kill('SIGSTOP');
  process.kill(janitor as number, 'SIGKILL');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(await eventually(() => !isAlive(janitor as number)));
  // Only what died with the two: that the container runs is nothing to undo.
  collectGarbage();
  t.match(await listContainers(), [{ name: 'steady', state: 'running', pid, monitorLost: false }]);
  const box = await Container.open('steady');
  t.match(await box.exec(['echo', 'here']), { stdout: 'here\n' });
  const ended = box.wait();
  await box.stop({ timeout: 0 });
  t.match(await ended, { signal: 'SIGKILL' }, 'its monitor knows how it ended');
  t.match(await box.run(['echo', 'anew']), { stdout: 'anew\n', exitCode: 0 });
  await box.remove();
  t.strictSame(collectGarbage(), []);
});

audited('SIGKILL of the program at many moments of creating, starting, copying, stopping and removing', async (t) => {
  for (let delay = 0; delay < 120; delay += 8) {
    const child = program(`
      console.log('ready');
      for (;;) {
        const box = await createContainer({ name: 'victim', detached: true, rootfs: { ...rootfs, upper: ${JSON.stringify(root)} + '/upper' }, command: ${JSON.stringify(SLEEP)} });
        const copies = await Promise.all([clone('victim', { ephemeral: true, name: 'e' }), clone('victim', { name: 'f' }), clone('victim', { name: 'd', ephemeral: true, tmpfs: false })]);
        await box.start();
        await box.stop({ timeout: 0 });
        for (const each of [...copies, box]) await each.remove();
      }`);
    await line(child);
    await new Promise((resolve) => setTimeout(resolve, delay));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    // Launches that were under way come to their end.
    t.ok(
      await eventually(() => !readdirSync(`${root}/run/status`).some((name) => starting(name))),
      `after ${delay} ms`,
    );
    for (const { name, state, pid } of await listContainers())
      t.equal(pid !== undefined && isAlive(pid), state === 'running', `${name} is ${state}`);
    collectGarbage();
    await removeAll();
    collectGarbage();
    t.strictSame(await listContainers(), []);
    t.strictSame(
      [
        ...readdirSync(`${root}/lib/containers`),
        ...readdirSync(`${root}/run/status`),
        ...readdirSync(`${root}/run/containers`),
      ],
      [],
    );
  }
  const again = await createContainer({ name: 'victim', detached: true, rootfs });
  t.match(await again.run(['echo', 'works']), { stdout: 'works\n' });
  await again.remove();
  rmSync(`${root}/upper`, { recursive: true, force: true });
  rmSync(`${root}/upper.work`, { recursive: true, force: true });
});

/** The state word of a status file, see layout.h; 1 is starting. */
const starting = (name: string): boolean => {
  try {
    const bytes = readFileSync(`${root}/run/status/${name}`);
    const monitor = bytes.readInt32LE(16);
    return bytes.readUInt32LE(12) === 1 && isAlive(monitor);
  } catch {
    return false;
  }
};

audited('a full disk while copying: an error, nothing half there, and a second attempt works', async (t) => {
  const disk = `${root}/disk`;
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
  try {
    mkdirSync(`${disk}/tree`);
    for (let i = 0; i < 3; i++) writeFileSync(`${disk}/tree/${i}`, Buffer.alloc(1 << 20));
    const child = program(
      `
      const { existsSync, rmSync, writeFileSync } = await import('node:fs');
      await createContainer({ name: 'big', detached: true, rootfs: '${disk}/tree' });
      writeFileSync('${disk}/ballast', Buffer.alloc(3 << 20));
      const error = await clone('big', { name: 'copy' }).catch((error) => error);
      const left = existsSync('${disk}/lib/containers/copy');
      rmSync('${disk}/ballast');
      await clone('big', { name: 'copy' });
      const names = (await listContainers()).map(({ name }) => name);
      console.log(JSON.stringify({ code: error.code, message: error.message, left, names }));`,
      { ...process.env, COFFERDAM_ROOT: disk },
    );
    const said = JSON.parse(await line(child));
    t.match(said, { code: 'ENOSPC', message: /copy tree/, left: false, names: ['big', 'copy'] });
    if (child.exitCode === null) await once(child, 'exit');
  } finally {
    await unmount(disk);
    rmSync(disk, { recursive: true, force: true });
  }
});

audited(
  'no room at all for its state: a fresh program stops and removes, a start says why not, and works afterwards',
  async (t) => {
    const disk = `${root}/full`;
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    const env = { ...process.env, COFFERDAM_ROOT: disk };
    const ballast = `${disk}/ballast`;
    const said = async (source: string): Promise<unknown> => {
      const child = program(source, env);
      const text = await line(child);
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(text);
    };
    try {
      await said(`
      const one = await createContainer({ name: 'one', detached: true, rootfs, command: ['sleep', '1000'] });
      await createContainer({ name: 'two', detached: true, rootfs, command: ['sleep', '1000'] });
      await one.start();
      await (await Container.open('two')).start();
      console.log('0');`);
      // What the programs before have left is undone before the room is gone.
      await eventually(() => readdirSync(`${disk}/run/journals`).length === 0);
      fill(t, ballast);
      t.match(
        await said(`
      const one = await Container.open('one');
      const status = await one.stop({ timeout: 0 }).catch(({ code, message }) => ({ code, message }));
      await (await Container.open('two')).remove().catch(() => {});
      console.log(JSON.stringify({ status, names: (await listContainers()).map(({ name, state }) => name + ' ' + state) }));`),
        { status: { signal: 'SIGKILL' }, names: ['one stopped'] },
      );
      t.ok(await eventually(() => readdirSync(`${disk}/run/journals`).length === 0), 'its janitor has nothing to undo');
      rmSync(ballast);
      fill(t, ballast);
      t.equal(
        await said(`
      const one = await Container.open('one');
      console.log(JSON.stringify(await one.start().then(() => 'started', ({ code }) => code)));`),
        'ENOSPC',
      );
      rmSync(ballast);
      t.match(
        await said(`
      const one = await Container.open('one');
      await one.start();
      await one.remove();
      console.log(JSON.stringify(await listContainers()));`),
        [],
      );
    } finally {
      await unmount(disk);
      rmSync(disk, { recursive: true, force: true });
    }
  },
);

audited('the same container at once: each call works or says why not', async (t) => {
  const codes = new Set(['ERR_CONTAINER_STATE', 'ERR_NO_SUCH_CONTAINER', 'ERR_CONTAINER_BUSY', 'ERR_NAME_IN_USE']);
  const make = () => createContainer({ name: 'wanted', detached: true, rootfs, command: SLEEP });
  t.strictSame((await Promise.allSettled([make(), make(), make()])).map(({ status }) => status).sort(), [
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  const source = `
    const box = await Container.open('wanted');
    console.log('ready');
    for await (const _ of process.stdin) {
      const what = String(_).trim();
      console.log(await box[what]().then(() => 'done', (error) => error.code));
    }`;
  const [one, two] = [program(source), program(source)];
  await Promise.all([line(one), line(two)]);
  const both = async (first: string, second: string) => {
    const answers = Promise.all([line(one), line(two)]);
    one.stdin?.write(`${first}\n`);
    two.stdin?.write(`${second}\n`);
    return (await answers).sort();
  };
  t.strictSame(await both('start', 'start'), ['ERR_CONTAINER_STATE', 'done']);
  t.strictSame(await both('stop', 'stop').then((answers) => answers), ['done', 'done']);
  const [a, b] = await both('start', 'remove');
  for (const answer of [a, b]) t.ok(answer === 'done' || codes.has(answer as string), answer);
  t.strictSame(await listContainers(), [], 'removed, before or after');
  t.strictSame(await both('start', 'snapshot'), ['ERR_NO_SUCH_CONTAINER', 'ERR_CONTAINER_STATE'].sort());
  one.stdin?.end();
  two.stdin?.end();
  await Promise.all([once(one, 'exit'), once(two, 'exit')]);
  t.strictSame(collectGarbage(), [], 'not even a directory that was made to be locked');
});

audited('fifty copies of one template at once, from two programs', async (t) => {
  const template = await createContainer({ name: 'template', detached: true, rootfs, command: SLEEP });
  const source = (prefix: string) => `
    const all = await Promise.all(Array.from({ length: 25 }, (_, i) => clone('template', { ephemeral: true, name: '${prefix}-' + i })));
    console.log(all.length);`;
  const programs = [program(source('a')), program(source('b'))];
  t.strictSame(await Promise.all(programs.map(line)), ['25', '25']);
  const all = (await listContainers()).filter(({ ephemeral }) => ephemeral);
  t.equal(all.length, 50);
  t.equal(new Set(all.map(({ pid }) => pid)).size, 50);
  t.ok(all.every(({ state }) => state === 'running'));
  await Promise.all(all.map(async ({ name }) => (await Container.open(name)).stop({ timeout: 0 })));
  await template.remove();
});

audited('two hundred rounds of copying and stopping', async (t) => {
  const template = await createContainer({ name: 'rounds', detached: true, rootfs, command: SLEEP });
  for (let i = 0; i < 20; i++) {
    const copies = await clone(template, { ephemeral: true, count: 10 });
    await Promise.all(copies.map((each) => each.stop({ timeout: 0 })));
  }
  t.strictSame(
    (await listContainers()).map(({ name }) => name),
    ['rounds'],
  );
  await template.remove();
});

audited('records of an earlier release are read, those of a later one are named and hide nothing', async (t) => {
  const box = await createContainer({ name: 'old', detached: true, rootfs });
  await box.start(SLEEP);
  const [launch, config] = [`${root}/run/containers/old/launch.json`, `${root}/lib/containers/old/config.json`];
  const record = JSON.parse(readFileSync(launch, 'utf8'));
  // As version 1 has it at the least.
  const { version, boot, nonce, command, options, start, createdAt } = record;
  writeFileSync(launch, JSON.stringify({ version, boot, nonce, command, options, start, createdAt }));
  t.match(await (await Container.open('old')).exec(['echo', 'read']), { stdout: 'read\n' });
  // A status of a later release is longer.
  const saved = readFileSync(config, 'utf8');
  writeFileSync(config, JSON.stringify({ ...JSON.parse(saved), version: 99 }));
  writeFileSync(launch, JSON.stringify({ ...record, version: 99 }));
  const other = await createContainer({ name: 'young', detached: true, rootfs });
  t.match(await listContainers(), [
    { name: 'old', state: 'running', problem: /later release/ },
    { name: 'young', problem: undefined },
  ]);
  await t.rejects(Container.open('old'), { code: 'ERR_STATE' });
  t.notOk(
    collectGarbage().some(({ journal }) => journal?.includes('/old')),
    "not this release's to judge",
  );
  writeFileSync(config, saved);
  writeFileSync(launch, JSON.stringify(record));
  await box.remove();
  await other.remove();
});

audited('damaged records are named, and are in nobody’s way', async (t) => {
  const make = (name: string) => createContainer({ name, detached: true, rootfs });
  const [hurt, other] = [await make('hurt'), await make('other')];
  await hurt.run(['true']);
  const [launch, config] = [`${root}/run/containers/hurt/launch.json`, `${root}/lib/containers/hurt/config.json`];
  const [launched, configured] = [launch, config].map((path) => readFileSync(path, 'utf8')) as [string, string];
  for (const [path, whole] of [
    [launch, launched],
    [config, configured],
  ] as const) {
    for (const text of [whole.slice(0, 40), '', 'null', whole.replace('"options":{', '"options":7,"x":{')]) {
      writeFileSync(path, text);
      t.match(await listContainers(), [
        { name: 'hurt', ...(path === launch && { state: 'stopped', problem: /is damaged/ }) },
        { name: 'other', problem: undefined },
      ]);
      if (path === launch) await t.rejects(Container.open('hurt'), { code: 'ERR_STATE', message: /is damaged/ });
    }
    if (path === launch) {
      collectGarbage();
      t.match((await listContainers())[0], { name: 'hurt', problem: undefined });
    }
  }
  await t.rejects(Container.open('hurt'), { code: 'ERR_STATE', message: /config\.json' is damaged/ });
  await other.remove();
  const anew = await createContainer({ name: 'hurt', detached: true, rootfs, replace: true });
  t.match(await anew.run(['true']), { exitCode: 0 });
  await anew.remove();
});

/** What another release's library would send to a monitor of this one, see ControlMessage in layout.h. */
async function ask(name: string, version: number, control: number): Promise<{ version: number; value: bigint }> {
  const message = Buffer.alloc(32);
  message.writeUInt32LE(0x4d444643, 0);
  message.writeUInt16LE(version, 4);
  message.writeUInt16LE(control, 6);
  const socket = connect(`${root}/run/containers/${name}/control`);
  socket.write(message);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return { version: answer.readUInt16LE(4), value: answer.readBigInt64LE(8) };
}

audited('a monitor of this release answers a library of a later one, and does not what it does not know', async (t) => {
  const box = await createContainer({ name: 'asked', detached: true, rootfs });
  await box.start(SLEEP);
  const HELLO = 1;
  t.match(await ask('asked', 99, HELLO), { version: 1, value: 0n });
  const { version, value } = await ask('asked', 99, 999);
  t.equal(version, 1);
  t.ok(value < 0n, `an errno, ${value}`);
  t.match(await box.exec(['echo', 'here']), { stdout: 'here\n' });
  t.match(await box.stop({ timeout: 0 }), { signal: 'SIGKILL', lost: false }, 'its monitor is as it was');
  await box.remove();
});
