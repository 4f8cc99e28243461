/** namespaces(7) as one table: every namespace's flag, its name below /proc/PID/ns, and who may enter it when. */
import { closeSync, openSync } from 'node:fs';
import { createError } from '../errors.ts';
import type { NamespaceName, NamespaceOption } from '../options/types.ts';
import { CLONE } from '../program/constants.ts';

export interface NamespaceKind {
  flag: number;
  /** Name below /proc/PID/ns. */
  file: string;
  /** Only later children are in it (pid_namespaces(7), time_namespaces(7)), or it must come before all others: made or
   * joined by the host's actor, before the clone. */
  beforeClone: boolean;
}

export const NAMESPACES: Readonly<Record<NamespaceName, NamespaceKind>> = {
  user: { flag: CLONE.NEWUSER, file: 'user', beforeClone: true },
  pid: { flag: CLONE.NEWPID, file: 'pid', beforeClone: true },
  time: { flag: CLONE.NEWTIME, file: 'time', beforeClone: true },
  mount: { flag: CLONE.NEWNS, file: 'mnt', beforeClone: false },
  uts: { flag: CLONE.NEWUTS, file: 'uts', beforeClone: false },
  ipc: { flag: CLONE.NEWIPC, file: 'ipc', beforeClone: false },
  network: { flag: CLONE.NEWNET, file: 'net', beforeClone: false },
  cgroup: { flag: CLONE.NEWCGROUP, file: 'cgroup', beforeClone: false },
};

export const NAMESPACE_NAMES = Object.keys(NAMESPACES) as NamespaceName[];

/** Namespaces to be joined, opened: whoever gets this closes them. */
export class Joined {
  readonly descriptors = new Map<NamespaceName, number>();

  /** @throws the system error of open(2), with the option's name */
  open(name: NamespaceName, option: NamespaceOption): void {
    if (option === 'new' || option === 'host') return;
    if ('container' in option) throw new TypeError('a container by its id is looked up before');
    if ('openNamespace' in option) {
      this.descriptors.set(name, option.openNamespace(name));
      return;
    }
    const path = 'pid' in option ? `/proc/${option.pid}/ns/${NAMESPACES[name].file}` : option.path;
    try {
      this.descriptors.set(name, openSync(path, 'r'));
    } catch (cause) {
      this.close();
      throw createError(
        'ERR_INVALID_OPTION_VALUE',
        {
          option: `namespaces.${name}`,
          problem: `cannot be joined (${(cause as Error).message})`,
          actual: path,
          hint: 'give the path of a namespace file, or the pid of a process that runs',
        },
        { cause },
      );
    }
  }

  close(): void {
    for (const descriptor of this.descriptors.values()) closeSync(descriptor);
    this.descriptors.clear();
  }
}
