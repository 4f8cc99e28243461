/** minidocker's command line. */
import { command, flag, RUNNING_STATUSES, values } from '../shared/command-line.ts';

export const MINIDOCKER = command({
  name: 'minidocker',
  summary: 'run a command, or a shell, in a container',
  description: [
    'Run COMMAND, or a shell (bash, or sh where there is none), as the first process of a new container: with process ids, ' +
      'mounts, host name, network, IPC and cgroups of its own, limited in memory and CPUs. Needs root, but for --help and --explain.',
    'The default root file system is a Debian one, built on first use (about 40 MB to download, a minute) and used ' +
      'read-write as chroot does. The network interface is one end of a veth pair whose other end stays on the host.',
  ],
  options: {
    rootfs: {
      value: 'DIR|host',
      help: "the root file system: a directory, or 'host' for this machine's own, copy-on-write (default: the Debian one)",
      complete: 'directory',
      parse: values.nonEmpty,
    },
    ephemeral: flag('discard all changes of the root file system at the end'),
    hostname: {
      value: 'NAME',
      help: 'host name, at most 64 characters',
      default: 'administrator',
      parse: values.hostname,
    },
    interface: {
      value: 'NAME',
      help: 'name of the network interface, at most 15 characters',
      default: 'eth1',
      parse: values.interfaceName,
    },
    ip: {
      value: 'ADDRESS',
      help: "the interface's address, with or without a prefix length (/24, IPv6 /64)",
      default: '10.0.0.1',
      parse: values.address,
    },
    memory: {
      value: 'SIZE',
      help: 'memory limit: bytes, or with K, M, G',
      default: '10M',
      complete: ['10M', '64M', '256M', '1G'],
      parse: values.memory,
    },
    swap: { value: 'SIZE', help: 'swap beside --memory: bytes, or with K, M, G; 0 for none', parse: values.sizeOrNone },
    cpus: { value: 'N', help: 'pin to N CPUs; nproc prints N', default: '1', parse: values.count },
    cpuset: { value: 'LIST', help: 'pin to these CPUs instead, such as 0-1,3', parse: values.nonEmpty },
    'cpu-quota': { value: 'N', help: 'CPU time per time: 0.5 is half a CPU', parse: values.positive },
    pids: { value: 'N', help: 'most processes and threads', parse: values.count },
    'io-bps': {
      value: 'SIZE',
      help: 'bytes a second, read and written each, of the disk that the root file system is on',
      parse: values.size,
    },
    explain: flag('print what would be done, in order, and do nothing'),
    json: flag('with --explain: as JSON'),
    trace: flag('at the end, print on standard error how long each step of the launch took'),
  },
  runs: '[-- COMMAND ARG...]',
  statuses: [...RUNNING_STATUSES, ['137', 'among others: COMMAND was killed for passing the memory limit']],
  environment: [
    ['COFFERDAM_CACHE', 'directory of the default root file system, instead of ./rootfs'],
    ['TERM', 'handed on to the container'],
  ],
  examples: [
    ['npm run minidocker -- --memory 64M -- ps -ef', 'the processes of a container with 64 MiB: ps alone'],
    ['npm run minidocker', 'a shell; leave it with exit or Ctrl-D'],
    ['npm run minidocker -- --rootfs host --memory 256M', "a shell on this machine's own root, every change discarded"],
    ['npm run minidocker -- --explain', 'the system calls that this takes'],
  ],
});

export const CHECKS = command({
  name: 'checks',
  summary: "run the course lab's checks in minidocker's containers",
  description: [
    "Start minidocker's container, with its defaults, once for each check of the course lab, and show the command, what the lab " +
      'expects, what came, and whether that is as expected. Takes about twenty seconds. Needs root.',
  ],
  options: { json: flag('the same as a JSON array') },
  statuses: [
    ['1', 'something was not as expected'],
    ['125', 'the checks could not be run'],
  ],
  examples: [['npm start </dev/null', 'set everything up, then run the checks']],
});

export const BY_HAND = command({
  name: 'lab:by-hand',
  summary: "the course lab's container out of single system calls",
  description: [
    'Build the container of the course lab (host name administrator, eth1 with 10.0.0.1, 10 MiB, one CPU) with the raw calls of ' +
      'cofferdam/native, one after the other, and run COMMAND or a shell in it. The source is there to be read. Needs root.',
  ],
  options: {
    rootfs: {
      value: 'DIR',
      help: 'the root file system (default: the Debian one)',
      complete: 'directory',
      parse: values.nonEmpty,
    },
  },
  runs: '[-- COMMAND ARG...]',
  statuses: RUNNING_STATUSES,
  examples: [['npm run lab:by-hand -- -- ip addr', "the container's interfaces"]],
});
