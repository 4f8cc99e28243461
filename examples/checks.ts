#!/usr/bin/env -S npx tsx
/** The course lab's checks, one after the other: what `npm start` shows where there is no terminal. */
import { createContainer } from 'cofferdam';
import { check, ROWS } from './minidocker/checks.ts';
import { containerOptions } from './minidocker/container.ts';
import { CHECKS, MINIDOCKER } from './minidocker/options.ts';
import { main, parse, run, style } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';
import { requireRoot } from './shared/privileges.ts';
import { ensureDebianRoot } from './shared/rootfs.ts';
import { type Check, formatCheck } from './shared/table.ts';

await main(
  run(CHECKS, VERSION, process.argv.slice(2), async ({ values: { json } }) => {
    requireRoot('start');
    await ensureDebianRoot();
    // minidocker's own defaults, as nobody gave any option.
    const { values } = parse(MINIDOCKER, []);
    const done: Check[] = [];
    for (const row of ROWS) {
      const checked = await check(row, values, () => createContainer(containerOptions(values)));
      done.push(checked);
      if (!json) process.stdout.write(`${formatCheck(checked, style(process.stdout))}\n`);
    }
    const failed = done.filter(({ ok }) => !ok).length;
    process.stdout.write(
      json ? `${JSON.stringify(done)}\n` : `${done.length - failed} of ${done.length} as expected\n`,
    );
    return failed === 0 ? 0 : 1;
  }),
);
