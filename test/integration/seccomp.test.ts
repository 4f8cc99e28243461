/** The filter that a process really has. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContainer } from 'cofferdam';
import t from 'tap';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

/** Makes the system call that its arguments are, as 64-bit or 32-bit code, and prints what came back. */
const PROBE = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

static long call32(long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
  return (int)result;
#else
  return -ENOSYS;
#endif
}

int main(int argc, char **argv) {
  long v[5] = {0};
  int narrow = argc > 1 && strcmp(argv[1], "32") == 0;
  for (int i = 2; i < argc && i < 7; i++) v[i - 2] = strtoul(argv[i], NULL, 0);
  long result = narrow ? call32(v[0], v[1], v[2], v[3]) : syscall(v[0], v[1], v[2], v[3], v[4]);
  int error = narrow ? (result < 0 && result > -4096 ? (int)-result : 0) : result < 0 ? errno : 0;
  printf("%s\\n", error ? strerrorname_np(error) : "ok");
  return 0;
}
`;

const directory = mkdtempSync(join(tmpdir(), 'cofferdam-seccomp-'));
chmodSync(directory, 0o755);
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, 'probe.c'), `#define _GNU_SOURCE\n${PROBE}`);
execFileSync('cc', ['-O1', '-static', '-o', join(directory, 'probe'), join(directory, 'probe.c')]);

const options = { rootfs: { lower: busybox() }, mounts: [{ source: directory, target: '/probe', options: ['ro'] }] };
const onX64 = process.arch === 'x64';
/** Numbers of x86-64 and of 32-bit x86. */
const CALL = onX64
  ? { keyctl: 250, clone3: 435, ioctl: 16, ioUringSetup: 425, unshare: 272, getpid: 39, mount: 165, mkdir: 83 }
  : { keyctl: 219, clone3: 435, ioctl: 29, ioUringSetup: 425, unshare: 97, getpid: 172, mount: 40, mkdir: 34 };

async function probing(more: object = {}) {
  const box = await createContainer({ ...options, ...more });
  return async (...words: (string | number)[]) => {
    const { stdout, stderr } = await box.run(['/probe/probe', ...words.map(String)]);
    return stdout.trim() || stderr;
  };
}

audited('by default', async (t) => {
  const probe = await probing();
  t.equal(await probe(64, CALL.getpid), 'ok');
  t.equal(await probe(64, CALL.keyctl, 0, -3), 'EPERM');
  t.equal(await probe(64, CALL.unshare, 0x10000000), 'EPERM');
  t.equal(await probe(64, CALL.ioUringSetup, 1, 0), 'EPERM');
  t.equal(await probe(64, CALL.clone3, 0, 0), 'ENOSYS');
  t.equal(await probe(64, CALL.ioctl, 0, 0x5412), 'EPERM', 'TIOCSTI');
  t.equal(await probe(64, 100_000), 'ENOSYS');
  if (onX64) t.equal(await probe(64, 0x40000000 + 39), 'ENOSYS', 'x32');
});

/** Why this machine has no 32-bit calls, or false: `ia32_emulation=0`, or a hypervisor that faults at the interrupt. */
function no32Bit(): string | false {
  if (!onX64) return 'only x86-64 has the interrupt of 32-bit calls';
  const { signal } = spawnSync(join(directory, 'probe'), ['32', '20']);
  return signal === null ? false : `a 32-bit call ends a program of this machine itself, by ${signal}`;
}

audited(
  '32-bit calls by default',
  async (t) => {
    const probe = await probing();
    t.equal(await probe(32, 288, 0, -3), 'EPERM', 'keyctl');
    t.equal(await probe(32, 310, 0x10000000), 'EPERM', 'unshare');
    t.match(await probe(32, 20), /ok|ENOSYS/, 'getpid');
  },
  no32Bit(),
);

audited('the first process, init, execs and shells all have it', async (t) => {
  await using box = await createContainer({ ...options, init: true });
  await box.start(['sleep', '60'], { stdio: 'ignore' });
  const { stdout } = await box.exec(['sh', '-c', 'grep -h ^Seccomp: /proc/self/status /proc/2/status']);
  t.match(stdout, /^Seccomp:\t2\nSeccomp:\t2\n$/);
});

audited('none, more, less, another', async (t) => {
  const status = async (more: object) =>
    (await (await createContainer({ ...options, ...more })).run(['grep', '^Seccomp:', '/proc/self/status'])).stdout;
  t.equal(await status({ seccomp: 'unconfined' }), 'Seccomp:\t0\n');
  const lenient = await probing({ seccomp: { allow: ['keyctl', 'clone3'] } });
  t.not(await lenient(64, CALL.keyctl, 0, -3), 'EPERM');
  t.not(await lenient(64, CALL.clone3, 0, 0), 'ENOSYS');
  t.equal(await lenient(64, CALL.ioUringSetup, 1, 0), 'EPERM');
  const strict = await createContainer({ ...options, seccomp: { deny: ['mkdir', 'mkdirat'] } });
  t.match(await strict.run(['mkdir', '/new']), { exitCode: 1, stderr: /Operation not permitted/ });
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
  };
  const other = await createContainer({ ...options, seccomp: JSON.parse(JSON.stringify(profile)) });
  t.match(await other.run(['mkdir', '/new']), { exitCode: 1, stderr: /No space left/ });
  t.match(await other.run(['true']), { exitCode: 0 });
  const killing = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['uname'], action: 'SCMP_ACT_KILL_PROCESS' }],
  };
  t.match(await (await createContainer({ ...options, seccomp: JSON.parse(JSON.stringify(killing)) })).run(['uname']), {
    signal: 'SIGSYS',
  });
});

audited('without no_new_privs, with capabilities, in a user namespace', async (t) => {
  const privileged = await probing({ noNewPrivileges: false });
  t.equal(await privileged(64, CALL.keyctl, 0, -3), 'EPERM');
  const admin = await probing({ capabilities: { add: ['SYS_ADMIN'] } });
  t.not(await admin(64, CALL.mount, 0, 0, 0), 'EPERM', 'mount(2) gets to look at its arguments');
  const own = await probing({
    userNamespace: {
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    },
  });
  t.equal(await own(64, CALL.unshare, 0x10000000), 'EPERM');
});

audited('a profile that forbids the exec is an error, and leaves nothing', async (t) => {
  const box = await createContainer({ ...options, seccomp: { deny: ['execve'] } });
  await t.rejects(box.run(['true']), { code: /ERR_/ });
  await t.rejects(createContainer({ ...options, seccomp: { deny: ['opne'] } }), { message: /did you mean 'open'/ });
});
