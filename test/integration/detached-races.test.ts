/** Who looks at the moment when somebody else is done: monitors and janitors that write their last word and go. */

import { once } from 'node:events';
import { clone, collectGarbage, createContainer, type DetachedContainer, listContainers } from 'cofferdam';
import { audited } from '../support/audit.ts';
import '../support/own-root.ts';
import { line, node } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

const program = (source: string) =>
  node(`import { createContainer } from 'cofferdam'; const rootfs = ${JSON.stringify(rootfs)}; ${source}`);

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ERR_NO_SUCH_CONTAINER') throw error;
};

/** What a list says of one container, from its start until it has ended or vanished. */
async function storyOf(box: DetachedContainer): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const listed = (await listContainers()).find(({ name }) => name === box.name);
    const word = listed && `${listed.state}${listed.monitorLost ? ', monitor lost' : ''}`;
    if (word !== undefined && word !== told.at(-1)) told.push(word);
    if (listed?.state !== 'running') return told;
  }
}

audited('a list that is made while a container ends: it runs, then it has stopped, or is not there', async (t) => {
  const template = await createContainer({ name: 'brief', detached: true, rootfs, command: ['true'] });
  const possible = new Set(['', 'running', 'stopped', 'running,stopped']);
  for (let round = 0; round < 60; round++) {
    await template.start();
    const story = (await storyOf(template)).join();
    if (!possible.has(story)) t.fail(`round ${round}: ${story}`);
    const copy = await clone(template, { ephemeral: true });
    const storyOfCopy = (await storyOf(copy)).join();
    if (!possible.has(storyOfCopy)) t.fail(`copy ${round}: ${storyOfCopy}`);
    await copy.remove().catch(ignoreMissing);
  }
  await template.remove();
});

audited('stopping and removing what has just ended: the program does not end before they have', async (t) => {
  const child = program(`
    let done = 0;
    process.on('exit', () => console.log(done));
    for (let round = 0; round < 40; round++) {
      const box = await createContainer({ name: 'over', detached: true, rootfs, command: ['true'] });
      await box.start();
      while (box.state !== 'stopped');
      if (round % 2) await box.stop();
      await box.remove();
      done++;
    }`);
  const said = line(child);
  const [code] = await once(child, 'exit');
  t.strictSame({ code, done: await said }, { code: 0, done: '40' });
});

audited('collecting garbage beside janitors that are at it', async (t) => {
  const errors = new Set<unknown>();
  for (let round = 0; round < 4; round++) {
    const children = Array.from({ length: 3 }, () =>
      program(`
        const all = await Promise.all(Array.from({ length: 4 }, () => createContainer({ rootfs })));
        await Promise.all(all.map((box) => box.start(['sleep', '1000'])));
        console.log('ready');
        setInterval(() => {}, 1000);`),
    );
    await Promise.all(children.map(line));
    for (const child of children) child.kill('SIGKILL');
    // From the first moment on: their janitors take about as long.
    for (const end = Date.now() + 400; Date.now() < end; ) for (const { errors: each } of collect()) errors.add(each);
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  }
  function collect(): { errors: readonly unknown[] }[] {
    try {
      return collectGarbage().filter(({ errors: each }) => each.length > 0);
    } catch (error) {
      return [{ errors: [error] }];
    }
  }
  t.strictSame([...errors], []);
});
