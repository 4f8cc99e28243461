/** The pages about assignments: their commands, run one by one, print what they say. */
import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import { ensureDebianRoot } from '../../examples/shared/rootfs.ts';
import { audited, cannotRun } from '../support/audit.ts';
import { isAsExpected, stepsOf, top } from '../support/command.ts';

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

for (const page of readdirSync(new URL('docs/assignments/', top)))
  for (const { command, expected } of stepsOf(`docs/assignments/${page}`))
    audited(
      `${page}: ${command}`,
      async (t) => {
        const { all } = await execa('bash', ['-c', command], {
          cwd: top,
          all: true,
          stdin: 'ignore',
          reject: false,
          timeout: 60_000,
        });
        t.ok(isAsExpected(all, expected), { expected, got: all.split('\n') });
      },
      reason,
    );
