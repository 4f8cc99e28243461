/** SIGKILL at every phase of a launch: whoever is killed, while the launch is held still after one of its system calls. */
import { collectGarbage } from 'cofferdam';
import type { Test } from 'tap';
import { audited } from '../support/audit.ts';
import { eventually, isAlive, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';
import { type Call, callsWhen, cannotTrace, helpersOf, hold, named, spread, Told } from '../support/stops.ts';

const reason = cannotTrace();

/** Launches that take different ways: by the child alone, and by an intermediate that clones it. */
const KINDS = { plain: {}, 'with a user namespace': { userNamespace: 'auto' } } as const;
type Kind = keyof typeof KINDS;

const PROGRAM = (kind: Kind) => `
  import { createInterface } from 'node:readline';
  import { createContainer } from 'cofferdam';
  const options = { rootfs: { lower: ${JSON.stringify(busybox())} }, network: { interface: 'eth1', address: '10.82.0.1/24' },
    resources: { memory: 64 << 20, pids: 32 }, ...${JSON.stringify(KINDS[kind])} };
  const say = (work) => work.then(() => console.log('worked'), (error) => console.log(error.code ?? String(error)));
  let box = await createContainer(options);
  await say(box.run(['true']));
  const words = {
    start: async () => (box = await createContainer(options)).start(['sleep', '1000']),
    remove: () => box.remove(),
  };
  for await (const word of createInterface({ input: process.stdin })) await say(words[word]());
`;

/** One that has started a container before, so that there are a launcher and a janitor. */
async function program(kind: Kind): Promise<Told> {
  const told = new Told(node(PROGRAM(kind)));
  await told.says();
  return told;
}

/** The system calls of such a launch: the launcher's, the first process's, and the intermediate's when there is one. */
async function callsOf(kind: Kind): Promise<Call[]> {
  const told = await program(kind);
  const calls = await callsWhen(told, 'start');
  told.tell('remove');
  await told.says();
  await told.kill();
  return calls;
}

async function settled(t: Test, phase: string, pids: readonly number[]): Promise<void> {
  t.ok(await eventually(() => !pids.some(isAlive)), `${phase}: all are gone`);
  t.strictSame(collectGarbage({ dryRun: true }), [], `${phase}: and nothing is left`);
}

for (const [kind, count] of Object.entries({ plain: 5, 'with a user namespace': 3 }) as [Kind, number][])
  audited(
    `SIGKILL of Node at every phase of a launch ${kind}`,
    async (t) => {
      for (const at of spread(await callsOf(kind), count)) {
        const held = await hold(await program(kind), 'start', at);
        await held.told.kill();
        held.traced.resume();
        await settled(t, named(at, held), [...held.traced.pids, held.janitor]);
      }
    },
    reason,
  );

audited(
  'SIGKILL of the launcher, of the janitor and of the process that is made, at every phase: the program goes on',
  async (t) => {
    const calls = await callsOf('plain');
    const told = await program('plain');
    const say = async (word: string) => {
      told.tell(word);
      return await told.says();
    };
    for (const victim of ['launcher', 'janitor', 'stopped'] as const)
      for (const at of spread(calls, 3)) {
        // Who was killed in the round before is started again when there is work.
        for (const word of ['start', 'remove']) t.equal(await say(word), 'worked');
        const held = await hold(told, 'start', at);
        const phase = `${victim}, ${named(at, held)}`;
        process.kill(held[victim] as number, 'SIGKILL');
        held.traced.resume();
        const outcome = await told.says();
        t.match(outcome, /^(worked|[A-Z_0-9]+)$/, phase);
        t.comment(`${phase}: ${outcome}`);
        t.equal(await say('remove'), 'worked', phase);
      }
    t.equal(await say('start'), 'worked', 'after all of them');
    const { launcher, janitor } = helpersOf(told);
    await told.kill();
    await settled(t, 'at last', [launcher, janitor]);
  },
  reason,
);

audited(
  'SIGKILL of Node, launcher and janitor at every phase: gc removes',
  async (t) => {
    for (const at of spread(await callsOf('plain'), 3).slice(1)) {
      const held = await hold(await program('plain'), 'start', at);
      // It would have another one at once.
      held.told.child.kill('SIGSTOP');
      process.kill(held.janitor, 'SIGKILL');
      process.kill(held.launcher, 'SIGKILL');
      await held.told.kill();
      const phase = named(at, held);
      const { janitor, launcher } = held;
      t.ok(await eventually(() => ![janitor, launcher].some(isAlive)), `${phase}: nobody guards it any more`);
      t.notSame(collectGarbage({ dryRun: true }), [], `${phase}: it is on record`);
      for (const { errors } of collectGarbage()) t.strictSame(errors, [], phase);
      held.traced.resume();
      await settled(t, phase, [...held.traced.pids]);
    }
  },
  reason,
);
