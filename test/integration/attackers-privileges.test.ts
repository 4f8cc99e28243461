/** What a hostile process can do to the machine by a single system call, and what a set-user-ID program gives it. */
import { chmodSync, cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createContainer } from 'cofferdam';
import { hostileRoot } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { helpers } from '../support/program.ts';

const root = hostileRoot();

/** A disk as the kernel numbers it (makedev(3)), and the inode of what is its root directory. */
const { dev, ino } = statSync('/');
const MACHINE = ['attacker', 'machine', String((dev >> 8) & 0xfff), String(dev & 0xff), String(ino)];

const KINDS = {
  'by default': {},
  'in a user namespace': { userNamespace: 'auto' },
  'without a filter': { seccomp: 'unconfined' },
  'with CAP_SYS_PTRACE': { capabilities: { add: ['SYS_PTRACE'] } },
} as const;

/** Of the calls that the filter refuses, those that the kernel lets everybody make. */
const UNFILTERED = /^(clone3|io_uring|userfaultfd|bpf|perf|session keyring|key|unshare|vsock)$/;

audited(
  'CVE-2022-0811: core_pattern, uevent_helper, nodes of disks, open_by_handle_at and other ways to the machine',
  async (t) => {
    for (const [how, options] of Object.entries(KINDS)) {
      await using box = await createContainer({ rootfs: { lower: root }, ...options });
      const first = await box.run(MACHINE);
      await box.start(['attacker', 'sleep']);
      const further = await box.exec(MACHINE);
      for (const { stdout, exitCode } of [first, further]) {
        t.equal(exitCode, 0, how);
        const worked = stdout
          .split('\n')
          .filter((line) => line && !(options === KINDS['without a filter'] && UNFILTERED.test(line)));
        t.strictSame(worked, [], how);
      }
    }
    // That it would find a way where there is one.
    const open = { userNamespace: 'auto', capabilities: 'all', seccomp: 'unconfined' } as const;
    await using box = await createContainer({ rootfs: { lower: root }, ...open });
    t.match((await box.run(MACHINE)).stdout, /^unshare$/m);
  },
);

audited(
  'noNewPrivileges: false with a filter and CAP_SYS_PTRACE: set-user-ID works, the filter holds, the host is out of reach',
  async (t) => {
    const suid = join(root, 'bin/suid');
    cpSync(join(root, 'bin/attacker'), suid);
    chmodSync(suid, 0o4755);
    const pids = [process.pid, ...Object.values(helpers(process.pid))].filter((pid) => pid > 8).map(String);
    const command = ['/bin/suid', 'rights', ...pids];
    const capabilities = { add: ['SYS_PTRACE'] };
    await using box = await createContainer({
      rootfs: { lower: root },
      user: 1000,
      capabilities,
      noNewPrivileges: false,
    });
    const expected = 'user 0\nNoNewPrivs:\t0\nSeccomp:\t2\n';
    t.equal((await box.run(command)).stdout, expected);
    await box.start(['attacker', 'sleep']);
    t.equal((await box.exec(command)).stdout, expected, 'as an exec');
    // With no_new_privs, which is the default, the same program is who started it.
    await using careful = await createContainer({ rootfs: { lower: root }, user: 1000, capabilities });
    t.equal((await careful.run(command)).stdout, 'user 1000\nNoNewPrivs:\t1\nSeccomp:\t2\n');
  },
);

audited(
  'CVE-2016-9962: an exec whose filter cannot come with its birth is refused where it could be traced',
  async (t) => {
    const seccomp = { deny: ['clone'] };
    for (const noNewPrivileges of [true, false]) {
      const options = { rootfs: { lower: root }, seccomp, noNewPrivileges };
      await using box = await createContainer(options);
      await box.start(['attacker', 'sleep']);
      t.equal((await box.exec(['true'])).exitCode, 0);
      await using mapped = await createContainer({
        ...options,
        userNamespace: 'auto',
        capabilities: { add: ['SYS_PTRACE'] },
      });
      await mapped.start(['attacker', 'sleep']);
      t.equal((await mapped.exec(['true'])).exitCode, 0, 'in a user namespace');
      await using tracing = await createContainer({ ...options, capabilities: { add: ['SYS_PTRACE'] } });
      await tracing.start(['attacker', 'sleep']);
      await t.rejects(tracing.exec(['true']), { code: 'ERR_INVALID_OPTION_VALUE', message: /seccomp.* clone\(2\)/ });
      t.equal((await tracing.exec(['true'], { seccomp: 'default' })).exitCode, 0);
    }
  },
);
