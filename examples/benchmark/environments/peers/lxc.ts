/** LXC: a configuration made beforehand, in a directory of containers that is private to the run. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from '../commands.ts';
import { CAPABILITIES, COMMAND, HOSTNAME, LIMITS, SLEEPER } from '../specification.ts';

const PERIOD = 100_000;

/** Both versions of cgroups: LXC takes the lines that are for this machine's. */
const config = (rootfs: string): string =>
  [
    `lxc.uts.name = ${HOSTNAME}`,
    `lxc.rootfs.path = dir:${rootfs}`,
    'lxc.net.0.type = empty',
    'lxc.mount.auto = proc:mixed sys:ro',
    `lxc.cap.keep = ${CAPABILITIES.map((name) => name.slice('CAP_'.length).toLowerCase()).join(' ')}`,
    'lxc.no_new_privs = 1',
    `lxc.cgroup.memory.limit_in_bytes = ${LIMITS.memory}`,
    `lxc.cgroup.pids.max = ${LIMITS.pids}`,
    `lxc.cgroup.cpu.cfs_quota_us = ${LIMITS.cpus * PERIOD}`,
    `lxc.cgroup2.memory.max = ${LIMITS.memory}`,
    `lxc.cgroup2.pids.max = ${LIMITS.pids}`,
    `lxc.cgroup2.cpu.max = ${LIMITS.cpus * PERIOD} ${PERIOD}`,
    '',
  ].join('\n');

/** @param directory Existing, private to this run. */
export function lxc(rootfs: string, directory: string): Peer {
  const containers = join(directory, `lxc-${process.pid}`);
  // lxc-copy wants the source's files in the source's own directory.
  const source = join(containers, 'source');
  mkdirSync(source, { recursive: true });
  cpSync(rootfs, join(source, 'rootfs'), { recursive: true, verbatimSymlinks: true });
  // Given on lxc-copy's command line, the command is waited for.
  const init = `lxc.init.cmd = /bin/${SLEEPER.join(' ')}\n`;
  writeFileSync(join(source, 'config'), config(join(source, 'rootfs')) + init);
  const file = join(containers, 'config');
  writeFileSync(file, config(rootfs));
  const words = (program: string, id: string, ...rest: string[]) => [program, '-P', containers, '-n', id, ...rest];
  return {
    name: 'lxc',
    launch: (id) => words('lxc-start', id, '-F', '-f', file, '--', ...COMMAND),
    hold: (id) => words('lxc-start', id, '-d', '-f', file, '--', ...SLEEPER),
    pid(id) {
      const [program = '', ...rest] = words('lxc-info', id, '-p', '-H');
      return Number(execFileSync(program, rest, { encoding: 'utf8' }));
    },
    exec: (id) => words('lxc-attach', id, '--', ...COMMAND),
    clone: (id) => words('lxc-copy', 'source', '-N', id, '-e'),
    remove: (id) => words('lxc-stop', id, '-k'),
  };
}
