/** The terminal of a detached container, from several programs. */
import { Container, createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import '../support/own-root.ts';
import { node, eventually as within } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

/** A machine that is busy takes its time. */
const eventually = (check: () => boolean) => within(check, 30_000);

/** What is on the screen so far. */
function screenOf(screen: { on(event: 'data', listener: (data: Buffer) => void): unknown }): () => string {
  let text = '';
  screen.on('data', (data) => {
    text += data;
  });
  return () => text;
}

audited('its terminal: typed at, seen and resized from this program and from another one', async (t) => {
  const box = await createContainer({ name: 'tty', detached: true, rootfs });
  const since = new Date();
  await box.start(['sh', '-c', 'tty; stty size; while read word; do echo "got $word"; stty size; done'], {
    tty: { rows: 10, columns: 20 },
  });
  const first = box.console({ since });
  const text = screenOf(first);
  t.ok(await eventually(() => /\/dev\/(console|pts\/\d+)\r\n10 20/.test(text())), text());
  first.write('here\n');
  t.ok(await eventually(() => text().includes('got here')), text());
  first.resize({ rows: 33, columns: 44 });
  first.write('after\n');
  t.ok(await eventually(() => /got after\r\n33 44/.test(text())), text());
  t.throws(() => first.resize({ rows: 0, columns: -1 }), { code: /ERR_INVALID_OPTION/ });

  const other = node(`
    import { Container } from 'cofferdam';
    const screen = (await Container.open('tty')).console();
    let text = '';
    screen.on('data', (data) => {
      text += data;
      if (/got there/.test(text)) screen.destroy();
    });
    screen.on('close', () => process.exit(7));
    screen.resize({ rows: 50, columns: 60 });
    screen.write('there\\n');
  `);
  const code = await new Promise((resolve) => other.once('exit', resolve));
  t.equal(code, 7);
  t.ok(await eventually(() => /got there\r\n50 60/.test(text())), text());
  t.equal(box.state, 'running', 'who leaves the terminal leaves the container alone');

  first.write('\x04');
  t.match(await box.wait(), { exitCode: 0 });
  if (!first.readableEnded) await new Promise((resolve) => first.once('end', resolve));
  t.throws(() => box.console(), { code: 'ERR_CONTAINER_STATE' });
  await box.start(['sleep', '1000']);
  t.throws(() => box.console(), { code: 'ERR_CONTAINER_STATE', message: /terminal/ }, 'started without one');
  await box.remove();
  first.destroy();
  await t.rejects(Container.open('tty'), { code: 'ERR_NO_SUCH_CONTAINER' });
});

audited('who sits at the terminal sits at the one of the next run, too', async (t) => {
  const box = await createContainer({
    name: 'again',
    detached: true,
    rootfs,
    restart: 'on-failure',
    command: ['sh', '-c', 'stty size; read word; echo "got $word"; exit 1'],
  });
  const since = new Date();
  await box.start(undefined, { tty: { rows: 10, columns: 20 } });
  const screen = box.console({ since });
  const text = screenOf(screen);
  t.ok(await eventually(() => text().includes('10 20')), text());
  screen.write('one\n');
  t.ok(await eventually(() => /got one\r\n10 20/.test(text())), text());
  screen.write('two\n');
  t.ok(await eventually(() => text().includes('got two')), text());
  await box.remove();
  screen.destroy();
});
