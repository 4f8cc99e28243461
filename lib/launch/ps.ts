/** A container's processes as the host's /proc has them: no program of the container is asked (CVE-2022-1227). */
import { readFileSync } from 'node:fs';
import { members } from '../cgroup/files.ts';
import type { Place } from '../cgroup/placement.ts';

export interface ProcessInfo {
  /** In this program's pid namespace. */
  pid: number;
  /** In the container's. */
  containerPid: number;
  ppid: number;
  /** Real uid, in this program's user namespace. */
  uid: number;
  /** proc(5) state letter: R running, S sleeping, Z zombie ... */
  state: string;
  /** Resident memory, bytes. */
  memory: number;
  /** CPU time, milliseconds. */
  cpuTime: number;
  /** Arguments; the kernel's name in brackets when there are none. */
  command: string[];
}

/** USER_HZ of proc(5)'s stat. */
const TICK_MS = 10;
const PAGE = 4096;

function describe(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    // The name may hold spaces and parentheses: the fields begin after the last one.
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const line = (key: string): string[] => new RegExp(`^${key}:\\s+(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [];
    return {
      pid,
      containerPid: Number(line('NSpid').at(-1) ?? pid),
      ppid: Number(fields[1]),
      uid: Number(line('Uid')[0]),
      state: fields[0] ?? '?',
      memory: Number(fields[21]) * PAGE,
      cpuTime: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
      command: command.length > 0 ? command : [`[${name}]`],
    };
  } catch {
    // It ended between the list and the look.
    return undefined;
  }
}

/** All processes of a cgroup; without one, the first process alone. */
export function processTable(group: Place | undefined, first: number | undefined): ProcessInfo[] {
  const pids = group ? members(group.path) : [first ?? 0];
  return pids.map(describe).filter((each) => each !== undefined);
}
