/** The least that a container can be charged with: its process in a cgroup, and nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hierarchyOf } from '../../../shared/cgroups.ts';
import { ensureBusyboxRoot } from '../../rootfs.ts';
import { chargeOf } from './processes.ts';

/** The cgroup is gone a moment after the last process: milliseconds. */
const MOMENT = 10;
const PATIENCE = 200;

async function remove(group: string): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return rmdirSync(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || tries === PATIENCE) throw error;
      await sleep(MOMENT);
    }
}

/** KiB that a cgroup of its own is charged with for the program that all held containers run. */
export async function chargedAlone(settle: number): Promise<number> {
  const { path, version } = hierarchyOf('memory');
  const group = join(path, `cofferdam-bench-bare-${process.pid}`);
  mkdirSync(group);
  try {
    const busybox = join(await ensureBusyboxRoot(), 'bin/busybox');
    // What the shell leaves is nothing: its pages go with exec.
    const script = 'echo 0 >"$1" && exec "$2" sleep infinity';
    const file = join(group, version === 1 ? 'tasks' : 'cgroup.procs');
    const child = spawn('/bin/sh', ['-c', script, 'sh', file, busybox], { stdio: 'ignore' });
    const ended = once(child, 'close');
    try {
      await sleep(settle);
      return chargeOf(group) / 1024;
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  } finally {
    await remove(group);
  }
}
