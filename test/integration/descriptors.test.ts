/** Programs with more descriptors than one message takes. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Operation, operation, RawThread } from 'cofferdam/native';
import { audited } from '../support/audit.ts';
import { temporary } from '../support/rootfs.ts';

audited('300 descriptors cross, in order, and nothing else', async (t) => {
  const directory = temporary('descriptors');
  const count = 300;
  const open = Array.from({ length: count }, (_, i) => {
    writeFileSync(join(directory, String(i)), `${i}\n`);
    return openSync(join(directory, String(i)), 'r');
  });
  try {
    await using thread = await RawThread.open();
    const program: Operation[] = [
      ...open.map((_, i) => operation('preserve', { descriptor: 3 + i, number: 3 + i })),
      operation('stdio', { stdin: 0, stdout: 1, stderr: 2 }),
      operation('exec', {
        file: '/bin/bash',
        argv: [
          'bash',
          '-c',
          `for ((i = 3; i < ${count + 3}; i++)); do read -r line <&$i && echo "$line"; done; exec ls -v /proc/self/fd`,
        ],
        envp: ['PATH=/usr/bin:/bin'],
      }),
    ];
    const process = await thread.clone({ program, descriptors: open });
    const lines = (await text(process.stdout as never)).trim().split('\n');
    t.match(await process.exited, { exitCode: 0 });
    t.strictSame(
      lines.slice(0, count),
      Array.from({ length: count }, (_, i) => String(i)),
    );
    t.strictSame(
      lines.slice(count).map(Number),
      Array.from({ length: count + 4 }, (_, i) => i),
      'stdio, ours, and the directory that ls reads',
    );
  } finally {
    for (const fd of open) closeSync(fd);
  }
});
