/**
 * SIGKILL at every phase of a detached container's start, and of an exec: who asked, the launcher, the monitor, the process
 * that is made, the container itself, while the launch is held still after one of its system calls.
 */
import '../support/own-root.ts';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Container, collectGarbage, createContainer, listContainers } from 'cofferdam';
import type { Test } from 'tap';
import { audited } from '../support/audit.ts';
import { eventually, isAlive, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';
import { callsWhen, cannotTrace, type Held, hold, named, spread, Told } from '../support/stops.ts';

const reason = cannotTrace();
const rootfs = { lower: busybox() };
const SLEEP = JSON.stringify(['sleep', '1000']);
const MONITOR = 'cofferdam-monitor'.slice(0, 15);

/** What a program can be told to do. */
const KINDS = {
  detached: `
    start: async () => {
      box = await createContainer({ ...options, name: 'held', detached: true, network: { interface: 'eth1' } });
      await box.start(${SLEEP});
      return box.pid;
    },`,
  'an exec': `
    start: async () => (await (box = await createContainer(options)).start(${SLEEP})).pid,
    spawn: () => box.spawn(${SLEEP}),
    exec: () => box.exec(['true']),`,
  'an exec in a detached container': `
    start: async () => (box = await Container.open('opened')).pid,
    spawn: () => box.spawn(${SLEEP}),
    exec: () => box.exec(['true']),
    remove: () => {},`,
};
type Kind = keyof typeof KINDS;

/** One that has started a container before, so that there are a launcher and a janitor. */
async function program(kind: Kind): Promise<Told> {
  const told = new Told(
    node(`
      import { createInterface } from 'node:readline';
      import { Container, createContainer } from 'cofferdam';
      const options = { rootfs: ${JSON.stringify(rootfs)}, resources: { memory: 64 << 20, pids: 32 } };
      let box;
      const words = { remove: () => box.remove(), ${KINDS[kind]} };
      await (await createContainer(options)).run(['true']);
      console.log('ready');
      for await (const word of createInterface({ input: process.stdin }))
        await Promise.resolve(words[word]()).then(
          (pid) => console.log(typeof pid === 'number' ? pid : 'worked'),
          (error) => console.log(error.code ?? String(error)));`),
  );
  await told.says();
  return told;
}

const say = async (told: Told, word: string): Promise<string> => {
  told.tell(word);
  return await told.says();
};

/** A line of /proc/PID/status; empty when there is no such process. */
const statusOf = (pid: number, key: string): string => {
  try {
    return new RegExp(`^${key}:\\s+(.*)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
};

function kill(pid: number | undefined): void {
  try {
    if (pid) process.kill(pid, 'SIGKILL');
  } catch {}
}

/** Those who were started while it was held still are gone, and nothing is left. */
async function gone(t: Test, phase: string, { traced }: Held): Promise<void> {
  t.ok(await eventually(() => !traced.pids.slice(1).some(isAlive)), `${phase}: all are gone`);
  t.strictSame(collectGarbage({ dryRun: true }), [], `${phase}: nothing is left`);
}

type Victims = Record<string, (held: Held, container: number) => number | undefined>;

const MAKERS: Victims = {
  Node: ({ told }) => told.child.pid,
  launcher: ({ launcher }) => launcher,
  monitor: ({ traced }) => traced.pids.find((pid) => statusOf(pid, 'Name') === MONITOR),
  'the one held still': ({ stopped }) => stopped,
};

/** What is told of the container is so, what runs can be used, and nothing stays of it. */
async function truthful(t: Test, phase: string, held: Held): Promise<void> {
  const others = held.traced.pids.slice(1);
  const isOver = async () =>
    (await listContainers()).every(({ state }) => state === 'running') || !others.some(isAlive);
  for (let tries = 0; tries < 500 && !(await isOver()); tries++) await sleep(20);
  for (const { name, state, pid = 0, monitorLost } of await listContainers()) {
    t.equal(isAlive(pid), state === 'running', `${phase}: ${state}`);
    const box = await Container.open(name);
    if (state === 'running') {
      t.equal(monitorLost, statusOf(Number(statusOf(pid, 'PPid')), 'Name') !== MONITOR, phase);
      t.match(await box.exec(['echo', 'here']), { stdout: 'here\n' }, phase);
    }
    await box.remove();
  }
  for (const { errors } of collectGarbage()) t.strictSame(errors, [], phase);
  t.strictSame(await listContainers(), [], phase);
  await gone(t, phase, held);
}

audited(
  'SIGKILL of Node, launcher, monitor and the made process at every phase of a detached start',
  async (t) => {
    let told = await program('detached');
    const calls = await callsWhen(told, 'start');
    await say(told, 'remove');
    for (const [victim, pidOf] of Object.entries(MAKERS))
      for (const at of spread(calls, 4)) {
        const held = await hold(told, 'start', at);
        const phase = `${victim}, ${named(at, held)}`;
        kill(pidOf(held, 0));
        held.traced.resume();
        if (victim === 'Node') told = await program('detached');
        else t.comment(`${phase}: ${await told.says()}`);
        await truthful(t, phase, held);
        // Of whomever is missing there is another one.
        t.match(await say(told, 'start'), /^\d+$/, `${phase}: and the next works`);
        t.equal(await say(told, 'remove'), 'worked', phase);
      }
    await told.kill();
  },
  reason,
);

const EXECUTORS: Victims = {
  Node: ({ told }) => told.child.pid,
  launcher: ({ launcher }) => launcher,
  'the one held still': ({ stopped }) => stopped,
  container: (_, container) => container,
};

for (const kind of ['an exec', 'an exec in a detached container'] as const)
  audited(
    `SIGKILL of Node, launcher, the made process and the container at every phase of ${kind}`,
    async (t) => {
      const opened = await createContainer({ name: 'opened', detached: true, rootfs });
      const isDetached = kind !== 'an exec';
      const begin = async () => {
        if (isDetached && opened.state !== 'running') await opened.start(['sleep', '1000']);
        return Number(await say(told, 'start'));
      };
      let told = await program(kind);
      await begin();
      const calls = await callsWhen(told, 'spawn');
      await say(told, 'remove');
      for (const [victim, pidOf] of Object.entries(EXECUTORS))
        for (const at of spread(calls, 3)) {
          const container = await begin();
          const held = await hold(told, 'spawn', at);
          const phase = `${victim}, ${named(at, held)}`;
          kill(pidOf(held, container));
          held.traced.resume();
          if (victim === 'Node') told = await program(kind);
          else {
            t.comment(`${phase}: ${await told.says()}`);
            if (victim !== 'container') t.equal(await say(told, 'exec'), 'worked', `${phase}: the next works`);
            t.equal(await say(told, 'remove'), 'worked', phase);
          }
          if (isDetached) {
            if (victim === 'container') await opened.wait();
            t.match(await listContainers(), [{ state: victim === 'container' ? 'stopped' : 'running' }], phase);
            await opened.stop({ timeout: 0 });
          }
          await gone(t, phase, held);
        }
      await told.kill();
      await opened.remove();
    },
    reason,
  );
