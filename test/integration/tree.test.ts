/** The processes of a container as one: killed whole, held still, and told of. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type ContainerEvent, createContainer, probe } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { eventually } from '../support/program.ts';
import { busybox, makeBusybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const unified = !['v1', 'none'].includes(probe().cgroups);

const LIMIT = 48;
/**
 * Every process starts more, for ever, and takes no signal but SIGKILL; some leave their session. A shell ends that cannot
 * fork, and others take its place at once: whoever lists them is late.
 */
const BOMB =
  'trap "" HUP INT TERM; bomb() { setsid sh -c "trap : TERM; sleep 60" & bomb & bomb & wait; bomb; }; while :; do bomb; done 2>/dev/null';
const MANY = LIMIT / 3;

/** Processes that name the container's cgroup and are no zombies, on the whole machine. */
const alive = (id: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`${id}-`) &&
        !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
      );
    } catch {
      return false;
    }
  });

for (const pid of ['new', 'host'] as const)
  audited(`a fork bomb that a limit holds is killed whole, with a pid namespace: ${pid}`, async (t) => {
    await using box = await createContainer({ rootfs, namespaces: { pid }, resources: { pids: LIMIT } });
    await box.start(['sh', '-c', BOMB], { stdio: 'ignore' });
    t.ok(await eventually(() => box.ps().length > MANY));
    t.ok(alive(box.id).length > 0);
    box.kill();
    t.match(await box.exited, { signal: 'SIGKILL' });
    t.strictSame(alive(box.id), [], 'none has escaped');
  });

/** The same where no v2 hierarchy is mounted: the freezer holds them while they are killed one by one. */
const V1_ONLY = `
  const { createContainer, probe } = await import('cofferdam');
  const [, rootfs, bomb, limit, many] = process.argv;
  const box = await createContainer({ rootfs: { lower: rootfs }, namespaces: { pid: 'host' }, resources: { pids: Number(limit) } });
  const seen = [];
  for (const name of ['frozen', 'thawed', 'empty', 'exit']) box.on(name, () => seen.push(name));
  await box.start(['sh', '-c', bomb], { stdio: 'ignore' });
  for (let i = 0; i < 1000 && box.ps().length <= many; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  const count = box.ps().length;
  await box.pause();
  const still = box.ps().map(({ pid }) => pid).join();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const held = still === box.ps().map(({ pid }) => pid).join();
  await box.resume();
  await box.pause();
  box.kill();
  await box.exited;
  console.log(JSON.stringify({ id: box.id, mode: probe().cgroups, count, held, seen }));
`;

audited(
  'and by freezing, killing and thawing where there is cgroup v1 alone',
  async (t) => {
    const { stdout } = await execa('unshare', [
      ...['--mount', '--propagation', 'private', 'sh', '-c'],
      'umount "$(sed -n "s/^\\S* \\S* \\S* \\S* \\(\\S*\\) .* - cgroup2 .*/\\1/p" /proc/self/mountinfo | head -n 1)" && exec "$@"',
      ...['sh', process.execPath, '--input-type=module', '--eval', V1_ONLY],
      ...[busybox(), BOMB, String(LIMIT), String(MANY)],
    ]);
    const { id, count, ...rest } = JSON.parse(stdout);
    t.ok(count > MANY, `${count} processes`);
    t.strictSame(alive(id), [], 'none has escaped');
    t.strictSame(rest, { mode: 'v1', held: true, seen: ['frozen', 'thawed', 'frozen', 'empty', 'exit'] });
  },
  probe().cgroups === 'hybrid' ? false : `cgroups are ${probe().cgroups} here`,
);

audited('a paused container is killed', async (t) => {
  for (const pid of ['new', 'host'] as const) {
    await using box = await createContainer({ rootfs, namespaces: { pid } });
    await box.start(['sh', '-c', 'sleep 60 & sleep 60 & wait'], { stdio: 'ignore' });
    await eventually(() => box.ps().length === 3);
    await box.pause();
    t.equal(alive(box.id).length, 3);
    box.kill();
    t.match(await box.exited, { signal: 'SIGKILL' });
    t.strictSame(alive(box.id), []);
  }
});

audited('frozen, thawed and empty are told', async (t) => {
  await using box = await createContainer({ rootfs });
  const seen: string[] = [];
  const events = box.events();
  const collected = (async () => {
    for await (const { type } of events) seen.push(type);
  })();
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  const frozen = once(box, 'frozen');
  await box.pause();
  await frozen;
  const thawed = once(box, 'thawed');
  await box.resume();
  await thawed;
  box.kill();
  await box.exited;
  await box.remove();
  await collected;
  const order = (names: readonly string[]) => seen.filter((name) => names.includes(name));
  t.strictSame(order(['frozen', 'thawed', 'empty', 'exit', 'remove']), ['frozen', 'thawed', 'empty', 'exit', 'remove']);
  t.strictSame(order(['start', 'pause', 'resume', 'exit']), ['start', 'pause', 'resume', 'exit']);
});

audited('a listener that comes late hears what is so, and every end is told', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  await box.pause();
  const seen: ContainerEvent['type'][] = [];
  box.on('frozen', () => seen.push('frozen'));
  box.on('empty', () => seen.push('empty'));
  await eventually(() => seen.length > 0 || !unified);
  box.kill();
  await box.exited;
  t.strictSame(seen, unified ? ['frozen', 'empty'] : ['empty']);
  for (let round = 0; round < 5; round++) {
    await using short = await createContainer({ rootfs });
    let told = 0;
    short.on('empty', () => told++);
    await short.run(['true']);
    t.equal(told, 1);
  }
});

audited(
  'a listener that goes before the end keeps nothing watched, and one that asks for more is told once',
  async (t) => {
    await using box = await createContainer({ rootfs, resources: { memory: 64 << 20 } });
    await box.start(['sleep', '60'], { stdio: 'ignore' });
    const nothing = () => {};
    // The audit would find descriptors of its cgroups.
    box.on('oom', nothing);
    box.off('oom', nothing);
    // The kernel tells of no state that was over within 10 ms, so each is waited for.
    const frozen = once(box, 'frozen');
    await box.pause();
    await frozen;
    let told = 0;
    box.prependListener('frozen', () => {
      told++;
      box.on('thawed', nothing);
      box.off('thawed', nothing);
    });
    const thawed = once(box, 'thawed');
    await box.resume();
    await thawed;
    await box.pause();
    t.ok(await eventually(() => told > 0), 'frozen is told');
    t.equal(told, 1);
    box.removeAllListeners();
    box.kill();
    await box.exited;
  },
);

audited('an iteration of which two results are asked for at once', async (t) => {
  await using box = await createContainer({ rootfs });
  const events = box.events();
  const both = Promise.all([events.next(), events.next()]);
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  box.kill();
  await box.exited;
  t.match(
    (await both).map(({ value }) => value.type),
    ['start', /./],
  );
  await Promise.all([events.return?.(), events.next()]);
});

audited('levels of pressure, where cgroup v1 has the memory', async (t) => {
  await using box = await createContainer({ rootfs: makeBusybox(), resources: { memory: 16 << 20 } });
  // Pages of a file on a disk, more than the limit, over and over: they are reclaimed all the time.
  const write = 'while :; do head -c 64000000 /dev/zero >/large; done';
  await box.start(['sh', '-c', write], { stdio: 'ignore' });
  t.throws(() => box.pressure({ level: 'low', stall: 5 }), { code: 'ERR_INVALID_OPTION_VALUE' });
  t.throws(() => box.pressure({ level: 'low', resource: 'cpu' }), { code: 'ERR_INVALID_OPTION_VALUE' });
  const first = async () => {
    for await (const { some } of box.pressure({ level: 'low' })) return some;
    return undefined;
  };
  if (probe().cgroups !== 'v2') t.match(await first(), { avg10: Number });
  else await t.rejects(first(), { code: 'ERR_UNSUPPORTED', message: /level 'low'.*stall and window/ });
});
