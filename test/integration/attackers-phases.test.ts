/** What a spy in a container gets hold of when an exec that enters it is held still, after any of its system calls. */
import { readFileSync } from 'node:fs';
import { createContainer } from 'cofferdam';
import { hostileRoot } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { eventually, helpers, LAUNCHER } from '../support/program.ts';
import { type Call, cannotTrace, spread, Traced } from '../support/stops.ts';

const root = hostileRoot();

const KINDS = [
  ['by default', {}],
  ['with CAP_SYS_PTRACE and no filter', { capabilities: { add: ['SYS_PTRACE'] }, seccomp: 'unconfined' }],
  ['with CAP_SYS_PTRACE and a filter', { capabilities: { add: ['SYS_PTRACE'] } }],
  [
    'with CAP_SYS_PTRACE, a filter and no no_new_privs',
    { capabilities: { add: ['SYS_PTRACE'] }, noNewPrivileges: false },
  ],
  ['in a user namespace, with all capabilities', { userNamespace: 'auto', capabilities: 'all', seccomp: 'unconfined' }],
] as const;

/** A call of the process that the container sees, and of nobody else. */
const BORN: Call = { name: 'setsid', when: 1 };

/** Ticks of CPU time, user's and system's, of a process (proc_pid_stat(5)). */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** A spy looks at everybody some hundred times in as long. */
const LOOKS = 5;

for (const [how, options] of KINDS)
  audited(
    `CVE-2016-9962 CVE-2016-8649: a spy as PID 1 finds nothing in an exec that stands still at any phase, ${how}`,
    async (t) => {
      const secret = 'secret-that-only-node-knows';
      await using box = await createContainer({ rootfs: { lower: root }, env: {}, ...options });
      const spy = await box.start(['attacker', 'spy', secret]);
      let seen = '';
      spy.stdout?.on('data', (chunk) => {
        seen += chunk;
      });
      const launcher = helpers(process.pid)[LAUNCHER] as number;
      const recording = await Traced.begin(launcher);
      const recorded = recording.record();
      await box.exec(['true']);
      await recording.end();
      await recorded;
      recording.calls.delete(launcher);
      const calls = [...recording.calls.values()].flat() as Call[];
      for (const at of [...spread(calls, 6), BORN]) {
        const traced = await Traced.begin(launcher, at);
        const done = box.exec(['true'], { timeout: 20_000 });
        const stopped = await Promise.race([traced.stopped(), done.then(() => undefined)]);
        await traced.end();
        const before = ticks(spy.pid as number);
        t.ok(
          await eventually(() => ticks(spy.pid as number) > before + LOOKS),
          `${at.name} ${at.when} of ${stopped ?? 'nobody'}`,
        );
        // Who may trace it has perhaps kept it, and the container is free to hold up its own.
        if (stopped !== undefined && stopped !== launcher) process.kill(stopped, 'SIGKILL');
        traced.resume();
        await done.catch(() => {});
      }
      box.kill();
      await spy.exited;
      t.equal(seen, '');
    },
    cannotTrace(),
  );
