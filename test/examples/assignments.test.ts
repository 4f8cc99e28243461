/** The pages about assignments: their commands, run one by one, print what they say. */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { debianRoot, ensureDebianRoot } from '../../examples/shared/rootfs.ts';
import { audited, cannotRun } from '../support/audit.ts';
import { isAsExpected, stepsOf, top } from '../support/command.ts';
import { compiledExamples } from '../support/compiled.ts';
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
/** The compiled programs look for it where they are. */
const cache = dirname(debianRoot());

/** The first command of a page goes through npm; it is the same for all others, and each would wait a second more for it. */
const NO_NPM = `npm() { local name=$3; shift 4; node '${compiledExamples()}'/examples/"$name".js "$@"; }\n`;

for (const page of readdirSync(new URL('docs/assignments/', top)))
  audited(
    page,
    async (t) => {
      for (const [number, { command, expected }] of stepsOf(`docs/assignments/${page}`).entries()) {
        const { all } = await execa('bash', ['-c', number === 0 ? command : NO_NPM + command], {
          cwd: top,
          env: { COFFERDAM_ROOT: state, COFFERDAM_CACHE: cache },
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
