/** From a failed operation to the error that says best what went wrong and what to do about it. */
import {
  type CofferdamError,
  CofferdamSystemError,
  createError,
  describeErrno,
  type SystemErrorFields,
} from '../errors.ts';
import type { OperationArguments, OperationName } from './contract.ts';
import { explain, placeOf } from './explain.ts';
import type { Operation } from './operation.ts';
import { CGROUP_IS_INNER, remedyFor } from './remedies.ts';
import type { SlotTable } from './slots.ts';

type Names = Pick<SlotTable, 'label' | 'path'> | undefined;

/** What a launch that failed leaves. */
export interface LaunchFailure {
  /** errno(3), positive; 0 when the process was killed. */
  errno: number;
  /** Index of the operation that failed, or at which the process was killed. */
  step: number;
  operations: readonly Operation[];
  slots?: Names;
  /** Killed before exec, by this signal's name. */
  killedBy?: string | undefined;
  /** By this program itself: kill() or remove(). */
  byCaller?: boolean | undefined;
  /** The container has a memory limit, which is the usual reason to be killed early. */
  memoryLimit?: number | undefined;
}

/** The system call behind each operation, where its name is another. */
const SYSCALLS: Partial<Record<OperationName, string>> = {
  open: 'openat2',
  mkdir: 'mkdirat',
  mknod: 'mknodat',
  symlink: 'symlinkat',
  chown: 'fchownat',
  unlink: 'unlinkat',
  removeTree: 'unlinkat',
  copyTree: 'copy_file_range',
  cgroupCreate: 'mkdir',
  cgroupKill: 'write',
  cgroupRemove: 'rmdir',
  cgroupDevices: 'bpf',
  openTree: 'open_tree',
  moveMount: 'move_mount',
  mountSetattr: 'mount_setattr',
  newMount: 'fsmount',
  pivotRoot: 'pivot_root',
  umount: 'umount2',
  mask: 'move_mount',
  readonlyPath: 'move_mount',
  clone: 'clone3',
  idMaps: 'write',
  idmap: 'clone3',
  idmapMount: 'mount_setattr',
  probeXattr: 'setxattr',
  leaseIds: 'linkat',
  releaseIds: 'unlinkat',
  chownLeased: 'fchownat',
  idMapProgram: 'execve',
  openProc: 'openat',
  signal: 'sendmsg',
  await: 'recvmsg',
  openNamespace: 'openat',
  rendezvous: 'recvmsg',
  receive: 'recvmsg',
  setrlimit: 'prlimit64',
  identity: 'setresuid',
  capBounding: 'prctl',
  capAmbient: 'prctl',
  joinSessionKeyring: 'keyctl',
  terminal: 'ioctl',
  stdio: 'dup3',
  preserve: 'dup3',
  init: 'clone3',
  landlock: 'landlock_restrict_self',
  exec: 'execve',
  netlinkOpen: 'socket',
  vethCreate: 'netlink',
  linkSetUp: 'netlink',
  addressAdd: 'netlink',
  routeAdd: 'netlink',
  linkDelete: 'netlink',
  netlinkFlush: 'netlink',
  bridgeCreate: 'netlink',
  bridgePortHairpin: 'netlink',
  hold: 'symlinkat',
  lock: 'flock',
  rename: 'renameat2',
  guard: 'readlink',
  removeDirectory: 'rmdir',
  portCheck: 'bind',
  run: 'execve',
  hook: 'execve',
  attend: 'execve',
};

/** What is acted on: `path`, and `dest` where there are two, as Node names them. */
function subjects({ name, args }: Operation, names: Names): { path?: string; dest?: string } {
  switch (name) {
    case 'mount':
      return { path: args.source || args.type || '', dest: placeOf(args.dir, args.target, names) };
    case 'moveMount':
      return { dest: placeOf(args.dir, args.target, names) };
    case 'symlink':
      return { path: args.target ?? '', dest: placeOf(args.dir, args.path, names) };
    case 'exec':
      return { path: args.file ?? '' };
    default: {
      const { dir, path } = args as { dir?: number; path?: string };
      return path === undefined ? {} : { path: placeOf(dir, path, names) };
    }
  }
}

/** A failed operation as a system error. @param errno Either sign. */
export function systemError(errno: number, operation: Operation, slots?: Names): CofferdamSystemError {
  const fields: SystemErrorFields = {
    errno,
    step: explain(operation, slots),
    syscall: SYSCALLS[operation.name] ?? operation.name,
    ...subjects(operation, slots),
    remedy: remedyFor(operation, describeErrno(errno).code),
  };
  return new CofferdamSystemError(fields);
}

type Args<N extends OperationName> = OperationArguments[N];

/** What every typed launch error carries beside its own details, as a system error would. */
const facts = (errno: number, operation: Operation, slots: Names) => ({
  errno: -Math.abs(errno),
  syscall: SYSCALLS[operation.name] ?? operation.name,
  step: explain(operation, slots),
});

const MISSING_INTERPRETER =
  'a script whose #! interpreter is missing, or a program whose ELF loader is, counts as not found';

function commandNotFound({ file = '', path }: Args<'exec'>, common: object): CofferdamError {
  const looked = file.includes('/') ? 'no such file' : `looked in ${path || 'no directory: PATH is empty'}`;
  const hint = `${looked}; ${MISSING_INTERPRETER}; give an absolute path${file.includes('/') ? '' : ' or set env.PATH'}`;
  return createError('ERR_COMMAND_NOT_FOUND', { file, hint, searched: path, path: file, ...common });
}

const notExecutable = ({ file = '' }: Args<'exec'>, reason: string, common: object): CofferdamError =>
  createError('ERR_COMMAND_NOT_EXECUTABLE', { file, reason, path: file, ...common });

const noSuchUser = ({ user = '', group = '', groups }: Args<'identity'>, common: object): CofferdamError =>
  createError('ERR_NO_SUCH_USER', {
    name: [group ? `${user}:${group}` : user, ...(groups ?? [])].join(','),
    ...common,
  });

const NOT_EXECUTABLE: Readonly<Record<string, string>> = {
  EACCES: 'permission denied (no execute permission on it or on a directory above, a directory, or a noexec mount)',
  ENOEXEC: 'neither a program of this architecture nor a script that begins with #!',
  ELIBBAD: 'its ELF loader is not a valid one',
  EISDIR: 'its ELF loader is a directory',
  ELOOP: 'too many links or nested interpreters',
  EPERM: 'operation not permitted',
};

const KILLED_BY_CALLER =
  'kill() or remove() was called meanwhile: where the container is declared with `await using`, await the result before the block ends';
const KILLED_BY_OTHERS = 'see dmesg for who sent the signal';
const killedForMemory = (limit: number): string =>
  `the memory limit of ${limit} bytes is too small to start in: raise resources.memory`;

/** A launch that failed before its first operation: in the launcher, or on the way there. */
function requestError(errno: number): CofferdamError | CofferdamSystemError {
  const { code } = describeErrno(errno);
  if (code === 'ECONNRESET') return createError('ERR_LAUNCHER_LOST', {});
  return new CofferdamSystemError({
    errno,
    syscall: 'clone3',
    step: 'clone the first process',
    remedy: CLONE_REMEDIES[code],
  });
}

/** Of clone3(2) with new namespaces. */
const CLONE_REMEDIES: Readonly<Record<string, string>> = {
  EAGAIN: 'a limit of processes is reached: RLIMIT_NPROC, pids.max of a cgroup, kernel.pid_max',
  EPERM: 'run as root, or give a userNamespace',
  EBUSY: CGROUP_IS_INNER,
  ENOSPC: 'a limit in /proc/sys/user/max_*_namespaces is reached',
  ENOMEM: 'the machine is out of memory',
  EMFILE: 'this program has too many descriptors open: raise RLIMIT_NOFILE',
};

/** The error of a launch that was killed before anything was done for it. */
export const killedWhileWaiting = (): CofferdamError =>
  createError('ERR_LAUNCH_KILLED', {
    signal: 'SIGKILL',
    step: 'waiting for its turn among other launches',
    hint: KILLED_BY_CALLER,
  });

/** The error of a launch that failed at an operation. */
export function launchError(failure: LaunchFailure): CofferdamError | CofferdamSystemError {
  const { errno, step, operations, slots, killedBy, byCaller, memoryLimit } = failure;
  const operation = operations[step];
  if (operation === undefined) return requestError(errno);
  if (killedBy !== undefined) {
    const hint = byCaller
      ? KILLED_BY_CALLER
      : memoryLimit === undefined
        ? KILLED_BY_OTHERS
        : killedForMemory(memoryLimit);
    return createError('ERR_LAUNCH_KILLED', { signal: killedBy, step: explain(operation, slots), hint });
  }
  const { code, text } = describeErrno(errno);
  const common = facts(errno, operation, slots);
  switch (operation.name) {
    case 'exec':
      if (code === 'ENOENT' || code === 'ENOTDIR') return commandNotFound(operation.args, common);
      if (code in NOT_EXECUTABLE) return notExecutable(operation.args, NOT_EXECUTABLE[code] as string, common);
      break;
    case 'identity':
      if (code === 'ENOENT' || code === 'ESRCH') return noSuchUser(operation.args, common);
      break;
    case 'chdir':
      return createError('ERR_CWD', {
        ...common,
        path: operation.args.path,
        reason: code === 'EXDEV' ? 'it is outside of the root file system' : text,
      });
  }
  return systemError(errno, operation, slots);
}
