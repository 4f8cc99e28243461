/** start, exec, spawn, kill, stop, pause, resume, remove: every state and what is refused in it. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Container, createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

audited('start: streams, exit, start again', async (t) => {
  const box = await createContainer({ rootfs });
  t.equal(box.state, 'created');
  const first = await box.start(['cat']);
  t.equal(box.state, 'running');
  t.ok(Number.isInteger(box.pid));
  first.stdin?.end('through');
  t.equal(await text(first.stdout as NodeJS.ReadableStream as never), 'through');
  t.match(await first.exited, { exitCode: 0 });
  t.equal(box.state, 'stopped');
  t.equal(box.pid, undefined);
  await box.start(['sh', '-c', 'exit 3']);
  t.match(await box.exited, { exitCode: 3 });
  await box.remove();
  await box.remove();
  t.equal(box.state, 'removed');
  await t.rejects(box.start(['true']), { code: 'ERR_CONTAINER_STATE', message: /removed/ });
});

audited('exec and spawn in a running container', async (t) => {
  await using box = await createContainer({ rootfs, hostname: 'shared', resources: { pids: 64, memory: 64 << 20 } });
  await t.rejects(box.exec(['true']), { code: 'ERR_CONTAINER_STATE', message: /created/ });
  await box.start(['sleep', '60']);
  const result = await box.exec([
    'sh',
    '-c',
    'hostname; ls /proc | grep -c "^[0-9]"; cat /proc/self/cgroup | grep -c cofferdam; exit 4',
  ]);
  t.match(result, { exitCode: 4, stdout: /^shared\n[234]\n0\n/ });
  const same = await box.exec([
    'sh',
    '-c',
    'for n in pid mnt uts ipc net cgroup; do [ "$(readlink /proc/1/ns/$n)" = "$(readlink /proc/self/ns/$n)" ] || echo $n; done',
  ]);
  t.match(same, { stdout: '', exitCode: 0 }, 'all namespaces are the same');
  t.match(await box.exec(['grep', '-E', 'CapEff|NoNewPrivs|Seccomp:', '/proc/self/status']), {
    stdout: /CapEff:\t00000000a80425fb\nNoNewPrivs:\t1/,
  });
  const child = await box.spawn(['sh', '-c', 'read line; echo "got $line"'], { user: 1000 });
  child.stdin?.write('this\n');
  t.equal(await text(child.stdout as never), 'got this\n');
  t.match(await child.exited, { exitCode: 0 });
  await t.rejects(box.exec(['nope']), { code: 'ERR_COMMAND_NOT_FOUND' });
  t.ok(box.ps().some(({ command }) => command[0] === 'sleep'));
});

audited('200 execs, 20 at a time', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60']);
  for (let round = 0; round < 10; round++) {
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => box.exec(['sh', '-c', `echo ${i}`])));
    t.strictSame(
      results.map(({ stdout }) => Number(stdout)),
      Array.from({ length: 20 }, (_, i) => i),
    );
  }
});

audited('an exec ends with its container', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60']);
  const child = await box.spawn(['sleep', '60']);
  box.kill();
  t.match(await child.exited, { signal: 'SIGKILL' });
  t.match(await box.exited, { signal: 'SIGKILL' });
  t.equal(box.kill(), false, 'nothing to kill');
});

audited('stop: asks, then kills', async (t) => {
  await using polite = await createContainer({ rootfs });
  await polite.start(['sh', '-c', 'trap "exit 9" TERM; while :; do sleep 0.01; done']);
  await polite.exec(['sleep', '0.1']);
  t.match(await polite.stop(), { exitCode: 9 });
  await using deaf = await createContainer({ rootfs });
  await deaf.start(['sleep', '60']);
  t.match(await deaf.stop({ timeout: 50 }), { signal: 'SIGKILL' });
  t.match(await deaf.stop(), { signal: 'SIGKILL' }, 'again');
});

audited('pause and resume; a paused container can be killed', async (t) => {
  await using box = await createContainer({ rootfs });
  await t.rejects(box.pause(), { code: 'ERR_CONTAINER_STATE' });
  await box.start(['sh', '-c', 'while :; do :; done']);
  await box.pause();
  await box.pause();
  t.equal(box.state, 'paused');
  const before = box.ps()[0]?.cpuTime;
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal(box.ps()[0]?.cpuTime, before, 'no time passes for it');
  await t.rejects(box.exec(['true']), { code: 'ERR_CONTAINER_STATE', message: /paused/ });
  await box.resume();
  t.match(await box.exec(['echo', 'on']), { stdout: 'on\n' });
  await box.pause();
  t.ok(box.kill());
  t.match(await box.exited, { signal: 'SIGKILL' });
});

audited('of pause and resume the later one counts', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  for (let round = 0; round < 10; round++) {
    const calls = [box.pause(), box.resume(), box.pause(), box.pause(), box.resume()];
    await Promise.all(calls);
    t.equal(box.state, 'running');
    t.match(await box.exec(['echo', 'on']), { stdout: 'on\n' });
    await Promise.all([box.pause(), box.pause()]);
    t.equal(box.state, 'paused');
    await box.resume();
  }
});

audited('abort ends a started container', async (t) => {
  await using box = await createContainer({ rootfs });
  const controller = new AbortController();
  await box.start(['sleep', '60'], { signal: controller.signal });
  controller.abort();
  t.match(await box.exited, { aborted: true, signal: 'SIGKILL' });
});

audited('events', async (t) => {
  const box: Container = await createContainer({ rootfs });
  const seen: string[] = [];
  for (const name of ['start', 'exit', 'pause', 'resume', 'remove'] as const) box.on(name, () => seen.push(name));
  await box.start(['sleep', '60']);
  await box.pause();
  await box.resume();
  box.kill();
  await once(box, 'exit');
  await box.remove();
  t.strictSame(seen, ['start', 'pause', 'resume', 'exit', 'remove']);
});

audited('events as an iterator, none lost', async (t) => {
  const box = await createContainer({ rootfs });
  const events = box.events();
  const early = box.events();
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  await box.pause();
  await box.resume();
  box.kill();
  await box.exited;
  await box.remove();
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(event.type);
    if (event.type === 'exit') t.match(event.status, { signal: 'SIGKILL' });
  }
  // The kernel tells of a change, and it may be over when one looks.
  const certain = seen.filter((type) => type !== 'frozen' && type !== 'thawed');
  t.strictSame(certain, ['start', 'pause', 'resume', 'empty', 'exit', 'remove']);
  for await (const { type } of early) if (type === 'start') break;
  t.equal(box.listenerCount('exit'), 0, 'nobody listens any more');
  const controller = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 20);
  const idle = await createContainer({ rootfs });
  await t.rejects(async () => {
    for await (const _ of idle.events({ signal: controller.signal })) t.fail('nothing happens');
  }, reason);
});

audited('output arrives before the exit, also what a slow reader has not read', async (t) => {
  await using box = await createContainer({ rootfs });
  const process = await box.start(['sh', '-c', 'head -c 50000 /dev/zero; echo end']);
  await process.exited;
  const output = await text(process.stdout as never);
  t.equal(output.length, 50_004);
  t.ok(output.endsWith('end\n'));
});

audited(
  'CVE-2022-31030 CVE-2025-64329 back-pressure: a flood at a paused reader does not fill the memory',
  async (t) => {
    await using box = await createContainer({ rootfs });
    const process = await box.start(['yes']);
    process.stdout?.once('data', () => process.stdout?.pause());
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = globalThis.process.memoryUsage.rss();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    t.ok(globalThis.process.memoryUsage.rss() - before < 8 << 20);
  },
);

audited('init: PID 1 reaps and forwards', async (t) => {
  await using box = await createContainer({ rootfs, init: true });
  const process = await box.start([
    'sh',
    '-c',
    'trap "exit 6" TERM; echo $$; (sleep 0.01 &); while :; do sleep 0.01; done',
  ]);
  t.equal(String((await once(process.stdout as never, 'data'))[0]), '2\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.notOk(
    box.ps().some(({ state }) => state === 'Z'),
    'no zombies',
  );
  t.match(await box.stop(), { exitCode: 6 });
  await using quick = await createContainer({ rootfs, init: true });
  t.match(await quick.run(['sh', '-c', 'echo out; exit 5']), { exitCode: 5, stdout: 'out\n' });
});

audited('failed starts leave it startable', async (t) => {
  await using box = await createContainer({ rootfs });
  await t.rejects(box.start(['nope']), { code: 'ERR_COMMAND_NOT_FOUND' });
  t.equal(box.state, 'created');
  t.match(await box.run(['true']), { exitCode: 0 });
});

audited('ids: one container each, in one program', async (t) => {
  await using first = await createContainer({ rootfs, id: 'same' });
  await first.start(['sleep', '60']);
  await using second = await createContainer({ rootfs, id: 'same' });
  await t.rejects(second.start(['true']), { code: 'ERR_ID_IN_USE', message: /same/ });
  t.match(await first.exec(['echo', 'lives']), { stdout: 'lives\n' });
  await first.remove();
  t.match(await second.run(['true']), { exitCode: 0 });
});

audited('ids: other programs may use the same', async (t) => {
  await using mine = await createContainer({ rootfs, id: 'everywhere' });
  await mine.start(['sleep', '60']);
  const other = node(`
    import { createContainer } from 'cofferdam';
    const box = await createContainer({ rootfs: ${JSON.stringify(rootfs)}, id: 'everywhere' });
    console.log((await box.run(['echo', 'both'])).stdout);
  `);
  t.equal(await line(other), 'both');
  t.match(await mine.exec(['echo', 'lives']), { stdout: 'lives\n' });
});

audited('after a failed start nothing waits for an end that will not come', async (t) => {
  await using box = await createContainer({ rootfs });
  await t.rejects(box.start(['nope']), { code: 'ERR_COMMAND_NOT_FOUND' });
  t.equal(await box.stop({ timeout: 100 }), undefined);
  t.throws(() => box.exited, { code: 'ERR_CONTAINER_STATE' });
  const starting = box.start(['nope']).catch((error) => error.code);
  t.equal(await box.stop({ timeout: 100 }), undefined);
  t.equal(await starting, 'ERR_COMMAND_NOT_FOUND');
});

audited('a pause that the end of the container overtakes is a wrong state', async (t) => {
  for (let i = 0; i < 20; i++) {
    const box = await createContainer({ rootfs });
    await box.start(['sleep', '60']);
    const pausing = box.pause().then(
      () => 'paused',
      (error) => error.code,
    );
    await box.remove();
    t.match(await pausing, /^(paused|ERR_CONTAINER_STATE)$/);
  }
});

audited('input that fails is not taken for all of it', async (t) => {
  await using box = await createContainer({ rootfs });
  const failing = Readable.from(
    (async function* () {
      yield 'half';
      throw new Error('boom');
    })(),
  );
  await t.rejects(box.run(['cat'], { input: failing }), { message: 'boom' });
  await t.rejects(box.run(['cat'], { input: Readable.from(['a', { x: 1 }]) }), TypeError);
  t.match(
    await box.run(['true'], { input: Readable.from(['x'.repeat(1 << 20)]) }),
    { exitCode: 0 },
    'input that nobody reads',
  );
});

audited('options of stop, resize and run are checked', async (t) => {
  await using box = await createContainer({ rootfs });
  const process = await box.start(['cat'], { tty: true });
  await t.rejects(box.stop({ timeout: Number.POSITIVE_INFINITY }), RangeError);
  await t.rejects(box.stop({ timeot: 1 } as never), TypeError);
  t.throws(() => process.resize({ rows: -1, columns: 80 }), RangeError);
  await t.rejects(box.exec(['true'], { tty: true } as never), TypeError);
  process.terminal?.resume().end('last\n');
  t.match(await box.exited, { exitCode: 0 }, 'end() of a terminal is Ctrl-D');
});

audited('an exec that is killed for memory says so', async (t) => {
  await using box = await createContainer({ rootfs, resources: { memory: 16 << 20 } });
  await box.start(['sleep', '60']);
  t.match(await box.exec(['true']), { oomKilled: false });
  t.match(await box.exec(['tail', '/dev/zero']), { signal: 'SIGKILL', oomKilled: true });
  t.match(await box.exec(['true']), { oomKilled: false });
});
