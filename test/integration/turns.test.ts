/** Many launches asked for in one go: they take turns, and those that wait can be told otherwise. */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const create = (count: number) => Promise.all(Array.from({ length: count }, () => createContainer({ rootfs })));

audited('a hundred at once', async (t) => {
  const results = await Promise.all((await create(100)).map((box, i) => box.run(['sh', '-c', `exit ${i % 10}`])));
  t.strictSame(
    results.map(({ exitCode }) => exitCode),
    results.map((_, i) => i % 10),
  );
});

audited('failures give their turn on', async (t) => {
  const boxes = await create(60);
  const settled = await Promise.allSettled(boxes.map((box, i) => box.run([i % 2 ? 'true' : '/no/such/command'])));
  for (const [i, { status }] of settled.entries()) t.equal(status, i % 2 ? 'fulfilled' : 'rejected');
});

audited('killed, stopped, removed and aborted while they wait', async (t) => {
  const first = 2 * availableParallelism() + 20;
  const boxes = await create(first + 10);
  const controller = new AbortController();
  const reason = new Error('enough');
  const starts = boxes.map((box, i) =>
    box.start(['sleep', '60'], { stdio: 'ignore', ...(i === first + 3 && { signal: controller.signal }) }),
  );
  // Nothing was awaited since: all but the first few wait.
  const [killed, stopped, removed, aborted, signalled] = [0, 1, 2, 3, 4].map((i) => first + i) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const refused = [killed, stopped, removed].map((i) =>
    t.rejects(starts[i] as Promise<unknown>, { code: 'ERR_LAUNCH_KILLED', message: /turn/ }),
  );
  refused.push(t.rejects(starts[aborted] as Promise<unknown>, reason));
  t.ok(boxes[killed]?.kill());
  t.equal(await boxes[stopped]?.stop(), undefined);
  await boxes[removed]?.remove();
  t.equal(boxes[removed]?.state, 'removed');
  controller.abort(reason);
  t.ok(boxes[signalled]?.kill('SIGCONT'), 'goes to the process once there is one');
  const end = boxes[signalled]?.exited;
  await Promise.all(refused);
  await Promise.allSettled(starts);
  t.equal(boxes[killed]?.state, 'created');
  t.equal(boxes[stopped]?.state, 'created');
  t.equal(boxes.filter(({ state }) => state === 'running').length, boxes.length - 4);
  await Promise.all(boxes.map((box) => box.remove()));
  t.match(await end, { signal: 'SIGKILL' }, 'asked for before it was started');
});

audited('an id is taken while its container waits', async (t) => {
  const boxes = await create(20);
  const first = await createContainer({ rootfs, id: 'same' });
  const second = await createContainer({ rootfs, id: 'same' });
  const runs = [...boxes.map((box) => box.run(['true'])), first.run(['true'])];
  await t.rejects(second.run(['true']), { code: 'ERR_ID_IN_USE' });
  await Promise.all(runs);
  t.match(await second.run(['true']), { exitCode: 0 });
});

audited('what an exec left in the background ends with its timeout', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  const sleepers = async () => (await box.exec(['sh', '-c', 'ps | grep -c "[s]leep 4711"'])).stdout.trim();
  t.match(await box.exec(['sh', '-c', 'sleep 4711 & sleep 4711'], { timeout: 100 }), { timedOut: true });
  for (let i = 0; i < 50 && (await sleepers()) !== '0'; i++) await sleep(20);
  t.equal(await sleepers(), '0');
});

audited('many execs at once', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  const results = await Promise.all(Array.from({ length: 50 }, (_, i) => box.exec(['echo', `${i}`])));
  t.strictSame(
    results.map(({ stdout }) => stdout),
    results.map((_, i) => `${i}\n`),
  );
});
