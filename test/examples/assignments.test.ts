/** The pages about assignments: their commands, run one by one, print what they say. */
import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { ensureDebianRoot } from '../../examples/shared/rootfs.ts';
import { audited, cannotRun } from '../support/audit.ts';
import { isAsExpected, stepsOf, top } from '../support/command.ts';
import { temporary } from '../support/rootfs.ts';

/** Why there is no Debian root file system, or false. */
async function noDebian(): Promise<string | false> {
  if (cannotRun) return cannotRun;
  // What the first command would build, and tell of.
  await execa('npm', ['run', '--silent', 'compile'], { cwd: top });
  try {
    await ensureDebianRoot();
    return false;
  } catch (error) {
    return `no Debian root file system: ${(error as Error).message}`;
  }
}

const reason = await noDebian();

/** Containers that a page leaves running from one command to the next are its own, and are gone in the end. */
const state = temporary('assignments');

for (const page of readdirSync(new URL('docs/assignments/', top)))
  audited(
    page,
    async (t) => {
      for (const { command, expected } of stepsOf(`docs/assignments/${page}`)) {
        const { all } = await execa('bash', ['-c', command], {
          cwd: top,
          env: { COFFERDAM_ROOT: state },
          all: true,
          stdin: 'ignore',
          reject: false,
          timeout: 60_000,
        });
        t.ok(isAsExpected(all, expected), command, { expected, got: all.split('\n') });
      }
    },
    reason,
  );
