/** Containers that outlive their programs. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { Container, clone, createContainer, listContainers, startAll, watchContainers } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { root } from '../support/own-root.ts';
import { eventually, line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const SLEEP = ['sleep', '1000'];

/** Another Node program with the library in it. */
const program = (source: string) =>
  node(`import { clone, Container, createContainer, listContainers } from 'cofferdam'; ${source}`);

const states = async () => Object.fromEntries((await listContainers()).map(({ name, state }) => [name, state]));

audited('a life: created, started, found, asked, stopped, started again, removed', async (t) => {
  const box = await createContainer({
    name: 'life',
    detached: true,
    rootfs,
    command: ['sh', '-c', 'echo out; echo err >&2; exec sleep 1000'],
  });
  t.equal(box.state, 'created');
  await box.start();
  t.match(await listContainers(), [{ name: 'life', state: 'running', pid: box.pid, monitorLost: false, restarts: 0 }]);
  const other = await Container.open('life');
  t.equal(other.pid, box.pid);
  t.match(await other.exec(['sh', '-c', 'echo $$; cat']), { stdout: /^\d+\n$/, exitCode: 0 });
  const shell = await other.spawn(['cat']);
  shell.stdin?.end('through');
  t.equal(String((await shell.stdout?.toArray())?.join('')), 'through');
  t.ok(await eventually(() => readFileSync(`${root}/lib/containers/life/log`).length > 32));
  const entries = [];
  for await (const { stream, data } of box.logs()) entries.push(`${stream} ${data}`);
  t.strictSame(entries.sort(), ['stderr err\n', 'stdout out\n']);
  const ended = box.wait();
  t.match(await other.stop({ timeout: 0 }), { exitCode: null, signal: 'SIGKILL', lost: false });
  t.match(await ended, { signal: 'SIGKILL' });
  t.equal(box.state, 'stopped');
  await box.start(['sh', '-c', 'exit 7']);
  t.match(await box.wait(), { exitCode: 7, signal: null });
  t.match(await (await Container.open('life')).wait(), { exitCode: 7 }, 'how it ended last');
  t.match(await box.run(['sh', '-c', 'echo again; exit 3']), { stdout: 'again\n', stderr: '', exitCode: 3 });
  await box.remove();
  t.equal(other.state, 'removed');
  await t.rejects(Container.open('life'), { code: 'ERR_NO_SUCH_CONTAINER' });
  t.strictSame(await listContainers(), []);
});

audited('a command that meets its end says so', async (t) => {
  const box = await createContainer({ name: 'meets', detached: true, rootfs });
  for (let round = 0; round < 5; round++) {
    await box.start(SLEEP);
    process.kill(box.pid as number, 'SIGKILL');
    const codes = await Promise.all(
      [1, 2, 3, 4].map(() =>
        box.exec(['true']).then(
          () => 'done',
          ({ code }) => code,
        ),
      ),
    );
    for (const code of codes) t.match(code, /^(ERR_CONTAINER_STATE|ERR_LAUNCH_KILLED|done)$/);
    await box.wait();
  }
  await box.remove();
});

audited('its end does not give away the id of a container of this program that has the same', async (t) => {
  await using own = await createContainer({ rootfs, id: 'namesake' });
  await own.start(SLEEP);
  const detached = await createContainer({ name: 'namesake', detached: true, rootfs });
  await detached.run(['true']);
  await detached.remove();
  await using second = await createContainer({ rootfs, id: 'namesake' });
  await t.rejects(second.start(['true']), { code: 'ERR_ID_IN_USE' });
});

audited('it outlives its program, whose janitor is told nothing, and tells how it ended', async (t) => {
  const child = program(`
    const box = await createContainer({ name: 'outlive', detached: true, rootfs: ${JSON.stringify(rootfs)} });
    await box.start(['sh', '-c', 'while ! test -e /go; do sleep 0.05; done; exit 9']);
    console.log(box.pid);
    setInterval(() => {}, 1000);`);
  const pid = Number(await line(child));
  child.kill('SIGKILL');
  t.ok(await eventually(() => !existsSync(`/proc/${child.pid}`)));
  const box = await Container.open('outlive');
  t.equal(box.pid, pid);
  const ended = box.wait();
  await box.exec(['touch', '/go']);
  t.match(await ended, { exitCode: 9, lost: false });
  await box.remove();
});

audited('neither it nor its monitor is in a cgroup or a session of its program', async (t) => {
  const child = program(`
    const box = await createContainer({ name: 'apart', detached: true, rootfs: ${JSON.stringify(rootfs)}, resources: { memory: 64 << 20, cpuset: '0' } });
    await box.start(${JSON.stringify(SLEEP)});
    console.log(box.pid);`);
  await line(child);
  const box = await Container.open('apart');
  const own = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const { ppid } = box.ps()[0] as { ppid: number };
  for (const line of readFileSync(`/proc/${ppid}/cgroup`, 'utf8').split('\n').filter(Boolean)) {
    const [, , path = ''] = line.split(':');
    t.ok(path === '/' || path.startsWith('/cofferdam') || !own.includes(line), `the monitor's ${line}`);
  }
  const session = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[3];
  t.equal(session(ppid), String(ppid));
  t.match(await box.exec(['cat', '/proc/self/limits']), { exitCode: 0 });
  await box.remove();
});

audited(
  'what is written down can be read by its owner alone, and nobody can talk to a monitor but by its path',
  async (t) => {
    const box = await createContainer({ name: 'secret', detached: true, rootfs, env: { PASSWORD: 'hidden' } });
    await box.start(SLEEP);
    const walk = (path: string): string[] =>
      statSync(path).isDirectory() ? [path, ...readdirSync(path).flatMap((name) => walk(`${path}/${name}`))] : [path];
    for (const path of [...walk(`${root}/run`), ...walk(`${root}/lib`)]) {
      const facts = statSync(path);
      if (!facts.isSocket()) t.equal(facts.mode & 0o077, 0, path);
    }
    t.notMatch(readFileSync('/proc/net/unix', 'utf8'), /@.*cofferdam/, 'no abstract socket');
    const { ppid } = box.ps()[0] as { ppid: number };
    t.equal(readFileSync(`/proc/${ppid}/environ`, 'utf8'), '');
    await box.remove();
  },
);

audited('restart policies', async (t) => {
  const count = async (box: Container & { logs(): AsyncIterable<{ data: Buffer }> }) => {
    let text = '';
    for await (const { data } of box.logs()) text += data;
    return text.split('\n').length - 1;
  };
  const failing = await createContainer({ name: 'failing', detached: true, rootfs, restart: 'on-failure:2' });
  await failing.start(['sh', '-c', 'echo run; exit 4']);
  t.match(await failing.wait(), { exitCode: 4 });
  t.equal(await count(failing), 3);
  t.match(await listContainers(), [{ restarts: 2, exitCode: 4 }]);
  const content = await createContainer({ name: 'content', detached: true, rootfs, restart: 'on-failure' });
  await content.start(['sh', '-c', 'echo run']);
  t.match(await content.wait(), { exitCode: 0 });
  t.equal(await count(content), 1);
  const always = await createContainer({ name: 'always', detached: true, rootfs, restart: 'always' });
  await always.start(['sh', '-c', 'echo run; sleep 0.01']);
  t.ok(await eventually(() => readFileSync(`${root}/lib/containers/always/log`).length > 40));
  await always.stop();
  t.equal(always.state, 'stopped');
  for (const box of [failing, content, always]) await box.remove();
});

const counting = 'i=0; while test $i -lt 2000; do echo line $i; i=$((i+1)); done';

audited('logs: rotation', async (t) => {
  const box = await createContainer({ name: 'rotated', detached: true, rootfs, logs: { size: 4096, files: 3 } });
  await box.start(['sh', '-c', counting]);
  await box.wait();
  const names = readdirSync(`${root}/lib/containers/rotated`).filter((name) => name.startsWith('log'));
  t.strictSame(names.sort(), ['log', 'log.1', 'log.2']);
  for (const name of names) t.ok(statSync(`${root}/lib/containers/rotated/${name}`).size <= 4096);
  let text = '';
  for await (const { data } of box.logs()) text += data;
  t.match(text, /line 1998\nline 1999\n$/);
  await box.remove();
});

audited('logs: streams, tail, and following while it writes', async (t) => {
  const box = await createContainer({ name: 'logs', detached: true, rootfs, logs: { size: 8192, files: 100 } });
  await box.start(['sh', '-c', `${counting}; sleep 0.2; echo last >&2; sleep 1000`]);
  let followed = '';
  for await (const { data, stream } of box.logs({ follow: true })) {
    followed += data;
    if (stream === 'stderr') break;
  }
  t.equal(followed.split('\n').length, 2002, 'no line is missed, whatever is rotated meanwhile');
  const errors = [];
  for await (const { data } of box.logs({ stream: 'stderr' })) errors.push(String(data));
  t.strictSame(errors, ['last\n']);
  const tail = [];
  for await (const { data } of box.logs({ tail: 1 })) tail.push(String(data));
  t.strictSame(tail, ['last\n']);
  const rest = (async () => {
    let text = '';
    for await (const { data } of box.logs({ follow: true, tail: 0 })) text += data;
    return text;
  })();
  await box.stop({ timeout: 0 });
  t.equal(await rest, '', 'following ends with the container');
  await box.remove();
});

audited('copies of a name that is as long as it may be have room for their own', async (t) => {
  const source = await createContainer({ name: 'n'.repeat(64), detached: true, rootfs, command: SLEEP });
  const copies = await clone(source, { count: 2 });
  t.match(
    copies.map(({ name }) => name),
    [/^n{44}-[0-9a-f]+-1$/, /^n{44}-[0-9a-f]+-2$/],
  );
  await Promise.all([source, ...copies].map((each) => each.remove()));
});

audited('ephemeral copies share their source, and vanish with all that is theirs', async (t) => {
  const source = await createContainer({ name: 'template', detached: true, rootfs, command: SLEEP });
  const copy = await clone('template', { ephemeral: true });
  t.match(copy.name, /^template-/);
  await copy.exec(['sh', '-c', 'echo mine > /tmp/file']);
  t.notOk(existsSync(`${rootfs.lower}/tmp/file`));
  const three = await clone(source, { ephemeral: true, count: 3, name: 'x', tmpfs: false });
  t.strictSame(
    three.map(({ name }) => name),
    ['x-1', 'x-2', 'x-3'],
  );
  t.ok(existsSync(`${root}/lib/containers/x-2/upper`));
  await t.rejects(source.remove(), { code: 'ERR_CONTAINER_STATE', message: /x-1, x-2, x-3/ });
  await Promise.all([copy, ...three].map((each) => each.stop({ timeout: 0 })));
  t.strictSame(await states(), { template: 'created' });
  for (const [path, left] of [
    ['run/containers', ['template']],
    ['run/status', []],
    ['lib/containers', ['template']],
  ] as const)
    t.strictSame(
      readdirSync(`${root}/${path}`).filter((name) => name !== 'template'),
      left.filter((name) => name !== 'template'),
    );
  await source.start();
  await t.rejects(clone('template', { ephemeral: true }), { code: 'ERR_CONTAINER_STATE' });
  await source.remove();
});

audited('a copy of what was never started, and has no files of its own yet', async (t) => {
  const upper = `${root}/unwritten`;
  const source = await createContainer({ name: 'unwritten', detached: true, rootfs: { ...rootfs, upper } });
  const copies = [
    await clone(source, { name: 'one', ephemeral: true, command: SLEEP }),
    await clone(source, { name: 'two', snapshot: true }),
    await clone(source, { name: 'three' }),
  ];
  t.match(await copies[0]?.exec(['echo', 'here']), { stdout: 'here\n' });
  for (const copy of copies.slice(1)) t.match(await copy.run(['echo', 'here']), { stdout: 'here\n' });
  await Promise.all(copies.map((copy) => copy.remove()));
  await source.remove();
});

audited('lasting copies: files of their own, or an overlay of the source', async (t) => {
  const source = await createContainer({
    name: 'source',
    detached: true,
    rootfs: { ...rootfs, upper: `${root}/upper` },
  });
  await source.run([
    'sh',
    '-c',
    'echo 1 > /etc/file; ln -s file /etc/link; mkfifo /etc/pipe; chown 5:6 /etc/file; chmod 6755 /etc/file; rm /etc/group',
  ]);
  const full = await clone('source', { name: 'full' });
  const shared = await clone('source', { name: 'shared', snapshot: true });
  await full.run(['sh', '-c', 'echo 2 > /etc/file']);
  await shared.run(['sh', '-c', 'echo 3 > /etc/file']);
  t.match(
    await source.run([
      'sh',
      '-c',
      'stat -c "%a %u:%g %n" /etc/file; readlink /etc/link; test -p /etc/pipe; cat /etc/file',
    ]),
    { stdout: '6755 5:6 /etc/file\nfile\n1\n' },
  );
  t.match(
    await full.run(['sh', '-c', 'stat -c "%a %u:%g" /etc/file; cat /etc/link; test -p /etc/pipe && ls /etc/group']),
    { stdout: '6755 5:6\n2\n', exitCode: 1 },
    'with the whiteout',
  );
  t.match(await shared.run(['cat', '/etc/link']), { stdout: '3\n' });
  await t.rejects(source.remove(), { code: 'ERR_CONTAINER_STATE', message: /shared/ });
  for (const box of [full, shared, source]) await box.remove();
});

audited('pause, limits and statistics from another program', async (t) => {
  const box = await createContainer({ name: 'paused', detached: true, rootfs, resources: { pids: 20 } });
  await box.start(SLEEP);
  const child = program(`
    const box = await Container.open('paused');
    await box.update({ pids: 10 });
    await box.pause();
    console.log(box.state, (await listContainers())[0].state);`);
  t.equal(await line(child), 'paused paused');
  await box.waitFor('paused', { timeout: 5000 });
  await box.resume();
  t.equal(box.state, 'running');
  t.match(await box.stats(), { pids: { limit: 10 } });
  await box.stop({ timeout: 0 });
  await box.start(SLEEP);
  t.match(await (await Container.open('paused')).stats(), { pids: { limit: 10 } }, 'it stays so');
  await t.rejects(box.waitFor('stopped', { timeout: 20 }), { code: 'ERR_TIMEOUT' });
  t.strictSame(await box.ips(), []);
  await box.remove();
});

audited('what others do with it is among its events, which end with its removal', async (t) => {
  const box = await createContainer({ name: 'heard', detached: true, rootfs, command: SLEEP });
  const told: string[] = [];
  const all = (async () => {
    for await (const { type } of box.events()) if (type !== 'empty') told.push(type);
  })();
  const other = await Container.open('heard');
  for (const runs of [1, 2]) {
    await other.start();
    t.ok(await eventually(() => told.filter((type) => type === 'start').length === runs));
    await other.stop({ timeout: 0 });
    t.ok(await eventually(() => told.filter((type) => type === 'exit').length === runs));
  }
  await box.start();
  await other.remove();
  // They keep no program alive.
  t.ok(await eventually(() => told.at(-1) === 'remove'));
  await all;
  t.strictSame(told, ['start', 'exit', 'start', 'exit', 'start', 'exit', 'remove']);

  const source = await createContainer({ name: 'source', detached: true, rootfs, command: SLEEP });
  const copy = await clone(source, { ephemeral: true });
  const ends = (async () => {
    for await (const { type } of copy.events()) if (type !== 'empty') told.push(type);
  })();
  await (await Container.open(copy.name)).stop({ timeout: 0 });
  t.ok(await eventually(() => told.length === 9));
  await ends;
  t.strictSame(told.slice(7), ['exit', 'remove'], 'an ephemeral one is removed by its end');
  await source.remove();
});

audited('state changes, as another program sees them', async (t) => {
  const seen: string[] = [];
  const over = new AbortController();
  const watching = (async () => {
    for await (const { name, state } of watchContainers({ signal: over.signal })) seen.push(`${name} ${state}`);
  })();
  const box = await createContainer({ name: 'watched', detached: true, rootfs });
  await box.start(SLEEP);
  await t.resolves(eventuallySeen(() => seen.includes('watched running')));
  await box.pause();
  await t.resolves(eventuallySeen(() => seen.includes('watched paused')));
  await box.resume();
  await box.stop({ timeout: 0 });
  await t.resolves(eventuallySeen(() => seen.includes('watched stopped')));
  await box.remove();
  await t.resolves(eventuallySeen(() => seen.at(-1) === 'watched removed'));
  over.abort(new Error('enough'));
  await t.rejects(watching, { message: 'enough' });
});

async function eventuallySeen(check: () => boolean): Promise<void> {
  if (!(await eventually(check))) throw new Error('not seen');
}

audited('autostart: by order, and one that fails keeps no other from it', async (t) => {
  const make = (name: string, command: string[], autostart: boolean | { order: number }) =>
    createContainer({ name, detached: true, rootfs, command, autostart });
  const boxes = [
    await make('b', SLEEP, { order: 1 }),
    await make('a', SLEEP, { order: 2 }),
    await make('c', ['nothing'], { order: 0 }),
    await make('d', SLEEP, false),
  ];
  const started = await startAll();
  t.match(started, [
    { name: 'c', error: { code: 'ERR_COMMAND_NOT_FOUND' } },
    { name: 'b', error: undefined },
    { name: 'a', error: undefined },
  ]);
  t.strictSame(await states(), { a: 'running', b: 'running', c: 'created', d: 'created' });
  t.strictSame(
    (await startAll()).map(({ name }) => name),
    ['c'],
  );
  for (const box of boxes) await box.remove();
});
