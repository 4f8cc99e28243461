#!/usr/bin/env -S npx tsx
/** A small `docker run`: see `--help`, and docs/assignments/cs580k-project1.md for the course lab that it answers. */
import { createContainer } from 'cofferdam';
import { checkOptions, checkRoot, commandFor, containerOptions, environment } from './minidocker/container.ts';
import { MINIDOCKER } from './minidocker/options.ts';
import { session } from './minidocker/session.ts';
import { main, run, UsageError } from './shared/command-line.ts';
import { VERSION } from './shared/package.ts';
import { requireRoot } from './shared/privileges.ts';
import { ensureDebianRoot } from './shared/rootfs.ts';

await main(
  run(MINIDOCKER, VERSION, process.argv.slice(2), async ({ values, rest, notice }) => {
    if (values.json && !values.explain) throw new UsageError('--json goes with --explain');
    // Everything that can be wrong is said before a root file system is built.
    const options = containerOptions(values);
    await checkOptions(options);
    if (values.rootfs !== undefined) checkRoot(values.rootfs);
    if (values.explain) {
      const command = rest.length > 0 ? rest : ['/bin/bash'];
      const plan = (await createContainer(options)).plan(command, environment());
      process.stdout.write(values.json ? `${JSON.stringify(plan)}\n` : plan.map(({ text }) => `${text}\n`).join(''));
      return 0;
    }
    requireRoot('minidocker');
    const root = values.rootfs ?? (await ensureDebianRoot());
    return session(values, commandFor(rest, root), notice);
  }),
);
