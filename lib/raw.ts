/**
 * `cofferdam/native`: the system calls that containers are made of, one by one, for learning and for what `createContainer()`
 * does not foresee. Nothing is checked beforehand and nothing is undone afterwards.
 *
 * Namespaces, root directory and working directory belong to a thread, or are shared by the threads of a process
 * (unshare(2), setns(2), chroot(2)). Each `RawThread` is therefore a thread of its own which shares neither with Node's:
 * what its calls change stays changed for its later calls, and nothing changes for the rest of the program. Two calls
 * without an effect on a thread, `writeCgroup` and `clone`, are methods too, so that there is one way to call.
 *
 * Errors are `CofferdamSystemError`s: `errno`, `code` ('EPERM'), `syscall`, `path`, `step`.
 */
import { CofferdamSystemError, createError } from './errors.ts';
import { exitStatus, signalName } from './launch/outcome.ts';
import { Process } from './launch/process.ts';
import { type NativeStdio, native } from './native.ts';
import { parseAddress } from './network/address.ts';
import type { StdioOption } from './options/types.ts';
import { CLONE, MNT, MS, O } from './program/constants.ts';
import { encode } from './program/encode.ts';
import { launchError } from './program/failure.ts';
import { type Operation, type OperationOptions, operation } from './program/operation.ts';
import { receiveOperations, SlotTable } from './program/slots.ts';

export type { ExitStatus } from './launch/outcome.ts';
export type { Process } from './launch/process.ts';
export type { OperationArguments, OperationName } from './program/contract.ts';
export { CLONE, MNT, MS, O, type Operation, type OperationOptions, operation };

/** Files of /proc/PID/ns, see namespaces(7). */
export type NamespaceFile = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

/** What `RawThread.clone()` launches. */
export interface CloneOptions {
  /**
   * What the new process does, in order; the last is an `exec`. Made by `operation(name, arguments)`. It begins in Node's
   * namespaces, not in the thread's: it joins those by `setns`, or makes its own by `unshare` or `cloneFlags`.
   */
  program: readonly Operation[];
  /** For clone3(2): CLONE.NEWPID and such. Default 0. */
  cloneFlags?: number;
  /** Descriptors of this program for the slots 3 and up, a thousand at most; duplicated, the caller keeps its own. Default none. */
  descriptors?: readonly number[];
  /** Slots 0, 1 and 2: what the standard streams can be made of, by a `stdio` operation. Default 'pipe'. */
  stdio?: StdioOption | readonly [StdioOption, StdioOption, StdioOption];
  /** Operations of the actor `undo`, run at the process's end, and of `janitor`, run before them if this program dies. */
  undo?: readonly Operation[];
}

const STDIO_NUMBERS = [0, 1, 2] as const;
const nativeStdio = (option: StdioOption, own: number): NativeStdio => (option === 'inherit' ? own : option);

const bytesOf = (text: string): Uint8Array => {
  const bytes = parseAddress(text);
  if (bytes) return bytes;
  throw createError('ERR_INVALID_OPTION_VALUE', {
    option: 'address',
    problem: 'must be an IPv4 or IPv6 address',
    actual: JSON.stringify(text),
    hint: 'without a prefix length, which is an argument of its own',
  });
};

const quoted = (argument: string | number | Uint8Array): string =>
  typeof argument === 'string' ? `'${argument}'` : String(argument);

/** A thread whose namespaces, root and working directory are its own. Make one by `RawThread.open()`. */
export class RawThread implements AsyncDisposable {
  readonly #number: number;
  /** Its thread id, as gettid(2) says. */
  readonly tid: number;

  private constructor(number: number, tid: number) {
    this.#number = number;
    this.tid = tid;
  }

  /** A new thread, which begins in Node's namespaces. @throws ERR_NATIVE_MISSING */
  static async open(): Promise<RawThread> {
    const { thread, value } = await native().raw.call(0, 'threadId', []);
    return new RawThread(thread, value);
  }

  /**
   * unshare(2): the thread moves into new namespaces. With CLONE.NEWPID not itself but its children would, of which a raw
   * thread has none: give that flag to `clone`. CLONE.NEWUSER is EINVAL, since this process has other threads.
   * @param flags of CLONE, or-ed
   */
  unshare(flags: number): Promise<void> {
    return this.#call('unshare', flags);
  }

  /**
   * setns(2): the thread moves into an existing namespace. A user namespace is EINVAL as in `unshare`.
   * @param descriptor of an nsfs file (`/proc/PID/ns/net`), or a pidfd
   * @param flags which kind it must be, of CLONE; 0: any. With a pidfd: which to join
   */
  setns(descriptor: number, flags = 0): Promise<void> {
    return this.#call('setns', descriptor, flags);
  }

  /** chroot(2): the thread's root directory. Its working directory stays where it is: `chdir` belongs to it. */
  chroot(path: string): Promise<void> {
    return this.#call('chroot', path);
  }

  /** chdir(2): the thread's working directory, from which its relative paths start. */
  chdir(path: string): Promise<void> {
    return this.#call('chdir', path);
  }

  /**
   * pivot_root(2): the thread's mount namespace gets another root. `newRoot` must be a mount point. With '.' for both, after
   * `chdir(newRoot)`, the old root lies over the new one until `umount('.', MNT.DETACH)`.
   */
  pivotRoot(newRoot: string, putOld: string): Promise<void> {
    return this.#call('pivotRoot', newRoot, putOld);
  }

  /**
   * mount(2), in the thread's mount namespace: Node's, with the whole machine watching, unless unshared before.
   * @param source '' for none
   * @param type '' for none (bind mounts, propagation)
   * @param flags of MS, or-ed. Default 0
   * @param data options of the file system, 'size=64m,mode=755'. Default none
   */
  mount(source: string, target: string, type: string, flags = 0, data = ''): Promise<void> {
    return this.#call('mount', source, target, type, flags, data);
  }

  /** umount2(2), in the thread's mount namespace. @param flags of MNT, or-ed. Default 0 */
  umount(target: string, flags = 0): Promise<void> {
    return this.#call('umount', target, flags);
  }

  /** sethostname(2), in the thread's UTS namespace: the machine's, unless unshared before. */
  setHostname(name: string): Promise<void> {
    return this.#call('setHostname', name);
  }

  /**
   * One write(2) to a file of a cgroup, v1 (`/sys/fs/cgroup/memory/box/memory.limit_in_bytes`) or v2
   * (`/sys/fs/cgroup/box/memory.max`). The kernel takes a setting whole, from one call. Cgroups are made by mkdir(2).
   */
  writeCgroup(file: string, value: string | number): Promise<void> {
    return this.#call('writeCgroup', file, String(value));
  }

  /**
   * RTM_NEWLINK of rtnetlink(7): a pair of virtual Ethernet interfaces. `name` appears in the thread's network namespace and
   * is set up; `peer` is born in the one of `namespace`.
   * @param namespace a descriptor of a network namespace (`openNamespace('net')` of another thread). Default: the thread's own
   * @param mtu 0 for the kernel's default
   */
  createVeth(name: string, peer: string, namespace = -1, mtu = 0): Promise<void> {
    return this.#call('createVeth', name, peer, namespace, mtu);
  }

  /** RTM_NEWADDR: gives an interface of the thread's network namespace an IPv4 or IPv6 address. @param prefix its length, bits */
  addAddress(name: string, address: string, prefix: number): Promise<void> {
    return this.#call('addAddress', name, bytesOf(address), prefix);
  }

  /** RTM_NEWLINK with IFF_UP: brings an interface of the thread's network namespace up. */
  setLinkUp(name: string): Promise<void> {
    return this.#call('setLinkUp', name);
  }

  /** RTM_DELLINK: takes an interface of the thread's network namespace away, and its peer with it. */
  deleteLink(name: string): Promise<void> {
    return this.#call('deleteLink', name);
  }

  /** A descriptor of one of the thread's namespaces, which the caller closes. It keeps the namespace alive. */
  openNamespace(name: NamespaceFile): Promise<number> {
    return this.#value('openNamespace', name);
  }

  /**
   * clone3(2), then a launch program, in a new process that is a child of Node's. Done by the launcher: neither this thread
   * nor Node ever forks. Resolves when the program's `exec` has succeeded.
   * @throws the error of the operation that failed, with its `step`
   */
  async clone(options: CloneOptions): Promise<Process> {
    const { program, cloneFlags = 0, descriptors = [], stdio = 'pipe', undo = [] } = options;
    const slots = new SlotTable(descriptors.length);
    // What the operations put into slots comes on top; they say the numbers themselves.
    const highest = Math.max(2, ...program.map(({ args }) => (args as { into?: number }).into ?? 0));
    while (slots.size <= highest) slots.reserve(`slot ${slots.size}`);
    const operations = [...receiveOperations(slots, 'child'), ...program];
    const each = typeof stdio === 'object' ? stdio : ([stdio, stdio, stdio] as const);
    const [stdin, stdout, stderr] = STDIO_NUMBERS.map((number) => nativeStdio(each[number] as StdioOption, number)) as [
      NativeStdio,
      NativeStdio,
      NativeStdio,
    ];
    const process = new Process({
      request: {
        program: encode(operations, { cloneFlags, slots }),
        stdio: [stdin, stdout, stderr],
        descriptors,
        ...(undo.length > 0 && { undo: encode(undo) }),
      },
      failure: ({ errno, step, killed, signal }) =>
        launchError({ errno, step, operations, slots, ...(killed && { killedBy: signalName(signal || 9) }) }),
      status: (event, aborted) => exitStatus(event, { oomKilled: false }, aborted),
    });
    await process.started;
    return process;
  }

  /** End the thread, after the calls that it has already been given. Namespaces that nothing else is in go with it. */
  close(): Promise<void> {
    return native().raw.close(this.#number);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<void> {
    await this.#value(name, ...args);
  }

  async #value(name: string, ...args: readonly (string | number | Uint8Array)[]): Promise<number> {
    try {
      return (await native().raw.call(this.#number, name, args)).value;
    } catch (cause) {
      const { errno, syscall = name, path } = cause as NodeJS.ErrnoException;
      if (errno === undefined) throw cause;
      throw new CofferdamSystemError(
        { errno, syscall, path, step: `${name}(${args.map(quoted).join(', ')})` },
        { cause },
      );
    }
  }
}
