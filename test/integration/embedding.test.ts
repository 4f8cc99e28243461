/** Inside other people's programs: workers, other children, event loops. */
import { execFile } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const library = import.meta.resolve('cofferdam');

const worker = (body: string): Worker =>
  new Worker(
    `import(${JSON.stringify(library)}).then(async ({ createContainer }) => { const { parentPort } = require('node:worker_threads'); const rootfs = ${JSON.stringify(rootfs)}; ${body} })`,
    { eval: true },
  );

audited('in four workers at once', async (t) => {
  const results = await Promise.all(
    Array.from(
      { length: 4 },
      (_, i) =>
        new Promise((resolve, reject) => {
          const each = worker(
            `const all = []; for (let k = 0; k < 10; k++) { const box = await createContainer({ rootfs }); all.push((await box.run(['sh', '-c', 'echo ${i}'])).stdout); } parentPort.postMessage(all.join(''));`,
          );
          each.once('message', resolve).once('error', reject);
        }),
    ),
  );
  t.strictSame(
    results,
    Array.from({ length: 4 }, (_, i) => `${i}\n`.repeat(10)),
  );
});

audited('a worker that is terminated takes its containers along', async (t) => {
  for (let i = 0; i < 5; i++) {
    const each = worker(
      `const box = await createContainer({ rootfs }); await box.start(['sleep', '1000']); parentPort.postMessage(box.pid); for (;;) await (await createContainer({ rootfs })).run(['true']);`,
    );
    const pid = await new Promise<number>((resolve, reject) => each.once('message', resolve).once('error', reject));
    await each.terminate();
    let alive = true;
    for (let k = 0; alive && k < 300; k++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      try {
        process.kill(pid, 0);
      } catch {
        alive = false;
      }
    }
    t.notOk(alive);
  }
});

audited('beside child_process: each gets its own status', async (t) => {
  const run = promisify(execFile);
  const all = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      if (i % 2) return (await (await createContainer({ rootfs })).run(['sh', '-c', `exit ${i}`])).exitCode;
      return run('sh', ['-c', `exit ${i}`]).then(
        () => 0,
        (error) => error.code,
      );
    }),
  );
  t.strictSame(
    all,
    Array.from({ length: 100 }, (_, i) => i),
  );
});

audited('the event loop keeps turning', async (t) => {
  await (await createContainer({ rootfs })).run(['true']);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(Array.from({ length: 200 }, async () => (await createContainer({ rootfs })).run(['true'])));
  delay.disable();
  t.comment(`p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`);
  t.ok(delay.count > 0);
});

audited('descriptors of this program do not cross', async (t) => {
  const { openSync, closeSync } = await import('node:fs');
  const open = Array.from({ length: 30 }, () => openSync('/', 'r'));
  try {
    t.match(await (await createContainer({ rootfs })).run(['sh', '-c', 'ls /proc/self/fd | wc -l']), { stdout: '4\n' });
  } finally {
    for (const fd of open) closeSync(fd);
  }
});

audited('unref: the program may end', async (t) => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { createContainer } from ${JSON.stringify(library)}; const box = await createContainer({ rootfs: ${JSON.stringify(rootfs)} }); const p = await box.start(['sleep', '1000'], { stdio: 'ignore' }); p.unref(); console.log('end');`,
  ]);
  t.equal(stdout, 'end\n');
});
