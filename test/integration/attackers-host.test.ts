/** What a hostile process does to the machine, and to the program that started it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Container, type ContainerOptions, createContainer, type RunOptions } from 'cofferdam';
import { CAPABILITIES } from '../../lib/program/constants.ts';
import { hostileRoot, rounds } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { eventually, isAlive, line, node } from '../support/program.ts';

const root = hostileRoot();
const rootfs = { lower: root };

const attack = async (mode: string[], container: Partial<ContainerOptions> = {}, options: RunOptions = {}) => {
  await using box = await createContainer({ rootfs, ...container });
  return await box.run(['attacker', ...mode], options);
};

/** What this program has to give. */
const given = BigInt(`0x${/CapPrm:\t(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);

audited('CVE-2022-0492: release_agent and a hierarchy of its own, with each capability alone', async (t) => {
  const opened = [];
  for (const [bit, name] of CAPABILITIES.entries()) {
    if (!(given & (1n << BigInt(bit)))) continue;
    const { stdout } = await attack(['cgroup'], { capabilities: { add: [name] } });
    if (stdout !== '') opened.push(name);
  }
  t.strictSame(opened, ['SYS_ADMIN'], 'what docs/security.md says of it');
  const detached = { name: `release-agent-${process.pid}`, detached: true };
  for (const more of [{}, { userNamespace: 'auto' as const }, detached]) {
    const box = await createContainer({ rootfs, capabilities: { add: ['SYS_ADMIN'] }, ...more });
    const { stdout } = await box.run(['attacker', 'cgroup']).finally(() => box.remove());
    t.match(stdout, /mounted/);
    t.notMatch(stdout, /release_agent/, `not even of a hierarchy that it can mount: ${JSON.stringify(more)}`);
  }
});

audited('a memory bomb takes what it may, as first process and as exec, in /dev/shm and on the root', async (t) => {
  const resources = { memory: 32 << 20, memorySwap: 32 << 20 };
  t.match(await attack(['memory-bomb'], { resources }), { signal: 'SIGKILL', oomKilled: true });
  await using box = await createContainer({ rootfs, resources });
  await box.start(['attacker', 'sleep']);
  t.match(await box.exec(['attacker', 'memory-bomb']), { oomKilled: true });
  // Pages of a tmpfs are its writer's, who is killed when nothing can be freed; or the disk is full before.
  for (const path of ['/dev/shm/file', '/file']) {
    await using full = await createContainer({ rootfs, resources });
    const { exitCode, signal } = await full.run(['sh', '-c', `head -c 200000000 /dev/zero > ${path}`]);
    t.ok(signal === 'SIGKILL' || exitCode !== 0, `${path}: ${signal ?? exitCode}`);
  }
});

/** pid_namespaces(7): the next pid is the one after it. */
const LAST_PID = '/proc/sys/kernel/ns_last_pid';

/** A process of the host with a pid that was another's. */
function successor(pid: number) {
  for (let tries = 0; tries < 200; tries++) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    if (child.pid === pid) return child;
    child.kill('SIGKILL');
  }
  return undefined;
}

audited(
  'pid reuse: who has the pid of a process that ended hears nothing of what is meant for it',
  async (t) => {
    await using box = await createContainer({ rootfs });
    const first = await box.start(['attacker', 'sleep']);
    const further = await box.spawn(['attacker', 'sleep']);
    const pids = [first.pid as number, further.pid as number];
    first.kill('SIGKILL');
    // JavaScript does not hear of the end meanwhile; both are reaped by a thread that does not wait for it.
    for (const end = Date.now() + 5000; Date.now() < end && pids.some((pid) => existsSync(`/proc/${pid}`)); );
    const victims = pids.map(successor);
    for (const process of [further, first]) process.kill('SIGKILL');
    box.kill('SIGKILL');
    await Promise.all([first.exited, further.exited]);
    for (const process of [further, first]) t.equal(process.kill('SIGTERM'), false);
    await t.rejects(box.exec(['true']), { code: 'ERR_CONTAINER_STATE' });
    await box.remove();
    const found = victims.filter((victim) => victim !== undefined);
    t.comment(`${found.length} of ${pids.length} pids came again`);
    for (const victim of found) {
      t.ok(isAlive(victim.pid as number), `pid ${victim.pid}`);
      victim.kill('SIGKILL');
    }
  },
  !existsSync(LAST_PID) && 'this kernel has no ns_last_pid',
);

audited('a flood of output from many processes at readers that do not read', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['attacker', 'sleep']);
  const floods = await Promise.all(Array.from({ length: 8 }, () => box.spawn(['sh', '-c', 'yes & yes >&2'])));
  const before = process.memoryUsage.rss();
  await sleep(1500);
  t.ok(process.memoryUsage.rss() - before < 32 << 20, 'the kernel makes them wait');
  for (const flood of floods)
    for (const stream of [flood.stdout, flood.stderr]) stream?.once('data', () => stream.pause());
  await sleep(500);
  t.ok(process.memoryUsage.rss() - before < 32 << 20);
  await t.rejects(box.exec(['yes'], { maxBuffer: 1 << 20 }), { code: 'ERR_OUTPUT_EXCEEDED' });
});

audited('hazard 1: starts while eight workers allocate and compile as fast as they can', async (t) => {
  const source = `
    for (let i = 0; ; i++) {
      const rows = Array.from({ length: 2000 }, (_, at) => ({ at, text: 'row ' + at + i }));
      new Function('rows', 'return rows.map((row) => row.text.length + ' + i + ').length')(rows);
      if (i % 50 === 0) new Uint8Array(1 << 20).fill(i);
    }`;
  const workers = Array.from({ length: 8 }, () => new Worker(source, { eval: true }));
  try {
    let wrong = 0;
    const total = rounds(64);
    const start = async (i: number) => {
      await using box = await createContainer({ rootfs });
      const { stdout, exitCode } = await box.run(['sh', '-c', `echo ${i}; exit ${i % 200}`]);
      if (stdout !== `${i}\n` || exitCode !== i % 200) wrong++;
    };
    for (let i = 0; i < total; i += 8) await Promise.all(Array.from({ length: 8 }, (_, at) => start(i + at)));
    t.equal(wrong, 0, `of ${total}`);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
});

audited('an owner of an exec that is stopped while the container is killed', async (t) => {
  const box = await createContainer({ name: 'stopped-owner', detached: true, rootfs });
  await box.start(['attacker', 'sleep']);
  const owner = node(`
    import { Container } from 'cofferdam';
    const box = await Container.open('stopped-owner');
    const exec = await box.spawn(['attacker', 'sleep']);
    console.log(exec.pid);
    console.log(JSON.stringify(await exec.exited));`);
  const exec = Number(await line(owner));
  owner.kill('SIGSTOP');
  const pid = box.pid as number;
  const other = await Container.open('stopped-owner');
  other.kill('SIGKILL');
  t.ok(await eventually(() => !isAlive(exec)), 'the exec is dead, if not reaped');
  const ended = line(owner);
  owner.kill('SIGCONT');
  t.match(await ended, /"signal":"SIGKILL"/);
  t.match(await box.wait(), { signal: 'SIGKILL' });
  t.notOk(isAlive(pid));
  await box.remove();
});

audited('CVE-2020-15257: no socket of this library has an abstract name, and none can be connected to', async (t) => {
  for (const network of ['host', undefined] as const) {
    await using box = await createContainer({ rootfs, ...(network && { namespaces: { network } }) });
    const { stdout } = await box.run(['cat', '/proc/net/unix']);
    t.notMatch(stdout, /@\S*cofferdam/i, network ?? 'own');
    if (!network) t.notMatch(stdout, /@/, 'those of the host are not in its namespace');
  }
});
