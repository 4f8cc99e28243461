import { constants } from 'node:os';
import t from 'tap';
import { CofferdamError, CofferdamSystemError } from '../../../lib/errors.ts';
import { CLONE } from '../../../lib/program/constants.ts';
import { OPERATIONS, type OperationName } from '../../../lib/program/contract.ts';
import { launchError, systemError } from '../../../lib/program/failure.ts';
import { type Operation, operation } from '../../../lib/program/operation.ts';
import { SlotTable } from '../../../lib/program/slots.ts';

const errno = constants.errno;
const slots = new SlotTable();
const root = slots.reserve('root', '/');

const failed = (number: number, ...operations: Operation[]) =>
  launchError({ errno: number, step: operations.length - 1, operations, slots });

t.test('a system error as Node has them', (t) => {
  const mount = operation('mount', { source: 'overlay', dir: root, target: '/', type: 'overlay' });
  const error = failed(errno.EINVAL, operation('init', {}), mount);
  t.type(error, CofferdamSystemError);
  t.ok(error instanceof CofferdamError);
  t.match(error.message, /^EINVAL: invalid argument, mount 'overlay' -> '\/' \(type overlay\) \(see dmesg/);
  t.match(error, {
    code: 'EINVAL',
    errno: -errno.EINVAL,
    syscall: 'mount',
    path: 'overlay',
    dest: '/',
    step: "mount 'overlay' -> '/' (type overlay)",
  });
  t.end();
});

const exec = operation('exec', { file: 'nosuch', argv: ['nosuch'], path: '/bin:/usr/bin' });
const script = operation('exec', { file: '/opt/tool', argv: ['/opt/tool'], path: '/bin' });
const identity = operation('identity', { user: 'www', group: 'web', groups: ['video'] });
const chdir = operation('chdir', { path: '/work' });

const TYPED: [number, Operation, code: string, message: RegExp, fields: object][] = [
  [
    errno.ENOENT,
    exec,
    'ERR_COMMAND_NOT_FOUND',
    /'nosuch' not found.*looked in \/bin:\/usr\/bin.*#!.*env\.PATH/,
    { path: 'nosuch', syscall: 'execve' },
  ],
  [errno.ENOTDIR, exec, 'ERR_COMMAND_NOT_FOUND', /not found/, {}],
  [
    errno.ENOENT,
    script,
    'ERR_COMMAND_NOT_FOUND',
    /'\/opt\/tool' not found.*#! interpreter is missing/,
    { errno: -errno.ENOENT },
  ],
  [errno.EACCES, script, 'ERR_COMMAND_NOT_EXECUTABLE', /permission denied/, { path: '/opt/tool' }],
  [errno.ENOEXEC, script, 'ERR_COMMAND_NOT_EXECUTABLE', /architecture/, {}],
  [80, script, 'ERR_COMMAND_NOT_EXECUTABLE', /ELF loader/, { errno: -80 }],
  [errno.ENOENT, identity, 'ERR_NO_SUCH_USER', /'www:web,video'/, { syscall: 'setresuid' }],
  [errno.ESRCH, identity, 'ERR_NO_SUCH_USER', /\/etc\/passwd/, {}],
  [
    errno.ENOENT,
    chdir,
    'ERR_CWD',
    /'\/work' cannot be used: no such file or directory/,
    { path: '/work', errno: -errno.ENOENT },
  ],
  [errno.EXDEV, chdir, 'ERR_CWD', /outside of the root/, {}],
];

t.test('typed errors', (t) => {
  for (const [number, given, code, message, fields] of TYPED) {
    const error = failed(number, given);
    t.match(error, { code, message, step: String, ...fields }, `${given.name} ${number}`);
    t.ok(error instanceof CofferdamError && !(error instanceof CofferdamSystemError));
  }
  t.end();
});

const write = (path: string) => operation('write', { path, data: Buffer.from('1') });

const REMEDIES: [number, Operation, remedy: RegExp][] = [
  [errno.EINVAL, write('/sys/fs/cgroup/cpuset/x/cpuset.cpus'), /CPUs that this machine/],
  [errno.ENOENT, write('/sys/fs/cgroup/memory/x/memory.memsw.limit_in_bytes'), /swapaccount=1/],
  [errno.EBUSY, write('/sys/fs/cgroup/memory/x/memory.limit_in_bytes'), /raise resources\.memory/],
  [errno.EBUSY, write('/sys/fs/cgroup/a/cgroup.subtree_control'), /cgroupParent/],
  [errno.ENOSPC, write('/sys/fs/cgroup/cpuset/x/tasks'), /cpuset\.mems/],
  [errno.ENOENT, write('/proc/sys/net/nosuch'), /no such sysctl/],
  [errno.EACCES, write('/proc/self/oom_score_adj'), /CAP_SYS_RESOURCE/],
  [errno.EPERM, operation('unshare', { flags: CLONE.NEWNS }), /root/],
  [errno.EPERM, operation('clone', { flags: CLONE.NEWUSER | CLONE.NEWPID }), /chroot/],
  [errno.EPERM, operation('clone', { flags: CLONE.NEWPID }), /run as root/],
  [errno.EBUSY, operation('clone', {}), /cgroup\.subtree_control/],
  [errno.ENODEV, operation('mount', { source: 'overlay', type: 'overlay' }), /modprobe overlay/],
  [errno.E2BIG, exec, /128 KiB/],
  [errno.EEXIST, operation('vethCreate', { name: 'cfd1' }), /of that name/],
  [errno.EINVAL, identity, /not mapped/],
  [errno.EAGAIN, operation('clone', {}), /pids/],
  [errno.EPERM, operation('setrlimit', {}), /CAP_SYS_RESOURCE/],
];

t.test('remedies', (t) => {
  for (const [number, given, remedy] of REMEDIES) {
    const error = failed(number, given);
    t.match(error.remedy, remedy, `${given.name} ${number}`);
    t.ok(error.message.endsWith(` (${error.remedy})`));
  }
  t.equal(failed(errno.EIO, operation('init', {})).remedy, '');
  t.end();
});

t.test('killed on the way', (t) => {
  const at = { errno: 0, step: 0, operations: [exec], killedBy: 'SIGKILL' };
  t.match(launchError({ ...at, memoryLimit: 262144 }), {
    code: 'ERR_LAUNCH_KILLED',
    message: /SIGKILL.*exec 'nosuch'.*262144 bytes is too small/,
  });
  t.match(launchError(at), { code: 'ERR_LAUNCH_KILLED', message: /dmesg/ });
  t.end();
});

t.test('failures before the first operation', (t) => {
  const before = (number: number) => launchError({ errno: number, step: -1, operations: [exec] });
  t.match(before(errno.EAGAIN), { code: 'EAGAIN', syscall: 'clone3', message: /pids\.max/ });
  t.match(before(errno.ECONNRESET), { code: 'ERR_LAUNCHER_LOST' });
  t.end();
});

t.test('every operation makes an error for every errno', (t) => {
  for (const name of Object.keys(OPERATIONS) as OperationName[])
    for (const number of [errno.EPERM, errno.ENOENT, errno.EINVAL, errno.ENOSYS, 4000]) {
      const error = systemError(number, operation(name, {}));
      if (!(error.errno === -number && error.syscall !== '' && !/undefined|\[object/.test(error.message)))
        t.fail(`${name} ${number}: ${error.message}`);
    }
  t.end();
});
