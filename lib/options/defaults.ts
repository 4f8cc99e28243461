/** What holds where the caller says nothing: one table. */
import type { CapabilityName } from '../program/constants.ts';

/** The fourteen capabilities that Docker's users have. */
export const DEFAULT_CAPABILITIES: readonly CapabilityName[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

export const DEFAULTS = {
  process: {
    cwd: '/',
    umask: 0o022,
    noNewPrivileges: true,
    oomScoreAdj: 0,
    path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    term: 'xterm',
    rows: 24,
    columns: 80,
  },
  run: {
    maxBuffer: 64 * 2 ** 20,
    timeout: 0,
    encoding: 'utf8',
  },
  pressure: {
    resource: 'memory',
    kind: 'some',
    stall: 200,
    /** Other windows than multiples of 2 s take CAP_SYS_RESOURCE. */
    window: 2000,
  },
  stats: {
    interval: 1000,
  },
  stop: {
    timeout: 10_000,
    signal: 'SIGTERM',
  },
  /** The network that is there as long as somebody uses it. */
  network: 'cofferdam0',
  logs: { size: 2 ** 20, files: 5 },
  /** Files of /proc and /sys that tell about the host or reach its hardware. */
  maskedPaths: Object.freeze([
    '/proc/acpi',
    '/proc/asound',
    '/proc/interrupts',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/sys/devices/virtual/powercap',
    '/sys/firmware',
  ]),
  /** Files of /proc through which the host is changed. */
  readonlyPaths: Object.freeze(['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']),
  /** Without user and time: most containers are root's, and on the host's clock. */
  namespaces: {
    pid: 'new',
    mount: 'new',
    uts: 'new',
    ipc: 'new',
    network: 'new',
    cgroup: 'new',
    user: 'host',
    time: 'host',
  },
} as const;
