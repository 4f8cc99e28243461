/** What all capabilities in a user namespace of its own are good for: nested namespaces, mounts, maps, roots. Nothing of the host. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createContainer } from 'cofferdam';
import { Canary, hostileProgram, hostileRoot } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';

const root = hostileRoot();
cpSync(hostileProgram('nested'), join(root, 'bin/nested'));

const POWER = { userNamespace: 'auto', capabilities: 'all', seccomp: 'unconfined' } as const;

/** An id that no range of subordinate ids has. */
const FOREIGN = '4000000000';

/** Tricks that do work, in the namespace's own bounds. */
const MAY = [
  'a chain of namespaces',
  'a detached mount',
  'a user namespace in it',
  'an id of its own',
  'chroot',
  'tmpfs',
] as const;

const lines = (text: string, kind: string): string[] =>
  [...new Set(text.split('\n'))].flatMap((line) => (line.startsWith(kind) ? [line.slice(kind.length)] : [])).sort();

for (const [how, more] of [
  ['by default', {}],
  ['without no_new_privs', { noNewPrivileges: false }],
  ['without masked paths', { maskedPaths: [], readonlyPaths: [] }],
] as const)
  audited(
    `CVE-2022-0185: setns, mounts, roots and maps with all capabilities of a user namespace reach nothing, ${how}`,
    async (t) => {
      const canary = new Canary();
      const command = ['nested', join(canary.path, 'secret'), FOREIGN];
      await using box = await createContainer({ rootfs: { lower: root }, ...POWER, ...more });
      const first = await box.run(command);
      await box.start(['attacker', 'sleep']);
      const further = await box.exec(command);
      for (const { stdout, exitCode } of [first, further]) {
        t.equal(exitCode, 0);
        t.strictSame(lines(stdout, 'host: '), []);
        t.strictSame(
          MAY.filter((each) => !lines(stdout, 'works: ').includes(each)),
          [],
          'it could do what it may',
        );
        t.notMatch(stdout, /^trick/m);
      }
      t.equal(canary.changed(), undefined);
      if (how !== 'by default') return;
      // That it would be seen: the same file where it is given.
      const { path } = canary;
      await using open = await createContainer({
        rootfs: { lower: root },
        ...POWER,
        mounts: [{ source: path, target: path, options: ['ro'] }],
      });
      t.ok(lines((await open.run(command)).stdout, 'host: ').includes('nothing'));
    },
  );
