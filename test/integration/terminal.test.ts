/** Pseudo-terminals. */
import { createContainer, type Process } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

/** All that the terminal shows until the process's end. */
async function screen(process: Process): Promise<string> {
  let text = '';
  process.terminal?.on('data', (chunk) => {
    text += chunk;
  });
  await process.exited;
  await new Promise((resolve) => setImmediate(resolve));
  return text;
}

audited('a terminal of its own: controlling, named, sized, resized', async (t) => {
  await using box = await createContainer({ rootfs });
  const process = await box.start(
    ['sh', '-c', 'tty; stty size; ls /dev/pts; test -c /dev/console && echo console; read x; stty size; echo $TERM'],
    { tty: { rows: 40, columns: 100 } },
  );
  let text = '';
  process.terminal?.on('data', (chunk) => {
    text += chunk;
    if (text.includes('console') && !text.includes('go')) {
      process.resize({ rows: 50, columns: 120 });
      process.terminal?.write('go\n');
    }
  });
  t.match(await process.exited, { exitCode: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  t.match(text, /\/dev\/pts\/0\r\n40 100\r\n/);
  t.match(text, /console\r\n(go\r\n)?50 120\r\nxterm/);
});

audited('all output before the exit: ten times 200 KB', async (t) => {
  await using box = await createContainer({ rootfs });
  for (let i = 0; i < 10; i++) {
    const text = await screen(
      await box.start(['sh', '-c', 'head -c 200000 /dev/zero | tr "\\0" x; echo; echo end'], { tty: true }),
    );
    t.equal(text.length, 200_000 + 7);
  }
});

audited('keys: Ctrl-C is a signal to the foreground', async (t) => {
  await using box = await createContainer({ rootfs });
  const process = await box.start(
    ['sh', '-c', 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.01; done'],
    { tty: true },
  );
  process.terminal?.on('data', (chunk) => {
    if (String(chunk).includes('ready')) process.terminal?.write('\x03');
  });
  t.match(await process.exited, { exitCode: 3 });
});

audited('a terminal for an exec, with a user', async (t) => {
  await using box = await createContainer({ rootfs });
  await box.start(['sleep', '60']);
  const text = await screen(
    await box.spawn(['sh', '-c', 'id -u; tty; echo yes > /dev/tty; stat -c %u $(tty)'], { tty: true, user: 1000 }),
  );
  t.match(text, /1000\r\n\/dev\/pts\/0\r\nyes\r\n1000\r\n/);
});
