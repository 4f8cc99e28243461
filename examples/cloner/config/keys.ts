/** Every key of lxc.container.conf(5): what it makes of a configuration, or why it makes nothing of it. */
import type { Config } from './config.ts';
import { ValueError } from './errors.ts';
import { fstab } from './fstab.ts';
import type { Entry } from './include.ts';
import { emptyNet, NET_KEYS } from './net.ts';
import {
  architecture,
  cgroupValue,
  environment,
  hook,
  hostname,
  type Key,
  keep,
  mapIdentities,
  noticed,
  offset,
  one,
  prlimit,
  proc,
  several,
  sysctl,
  without,
} from './setters.ts';
import {
  absolute,
  commandWords,
  count,
  identity,
  integer,
  logLevel,
  mountEntry,
  root,
  signal,
  zeroOrOne,
} from './values.ts';

/** Keys, with `*` for what may stand there. Those of interfaces are in net.ts. */
export const KEYS: Readonly<Record<string, Key>> = {
  'lxc.uts.name': one('hostname', hostname),
  'lxc.arch': architecture,

  'lxc.rootfs.path': one('root', root),
  'lxc.rootfs.options': several('rootOptions', (text) => text.split(',')),
  'lxc.rootfs.mount': without('the root file system is mounted where nobody else sees it'),
  'lxc.rootfs.managed': without('destroy removes what is in the container’s own directory, and nothing else'),

  'lxc.mount.entry': (config, value, { file, line }) => {
    if (value === '') config.mounts = [];
    else config.mounts.push(mountEntry(value, { file, line }));
  },
  'lxc.mount.fstab': fstab,
  'lxc.mount.auto': several('autoMounts'),

  'lxc.cgroup.*': cgroupValue(1),
  'lxc.cgroup2.*': cgroupValue(2),
  'lxc.cgroup.relative': without('the container’s cgroup is the library’s to place'),
  'lxc.cgroup.dir': without('the container’s cgroup is the library’s to place'),
  'lxc.cgroup.dir.*': without('the container’s cgroup is the library’s to place'),

  'lxc.environment': environment,
  'lxc.init.cmd': one('initCommand', commandWords),
  'lxc.execute.cmd': one('executeCommand', commandWords),
  'lxc.init.cwd': one('cwd', absolute),
  'lxc.init.uid': one('uid', identity),
  'lxc.init.gid': one('gid', identity),
  'lxc.init.groups': one('groups', (text) => text.split(/[\s,]+/).map(identity)),
  'lxc.signal.halt': one('haltSignal', signal),
  'lxc.signal.reboot': one('rebootSignal', signal),
  'lxc.signal.stop': one('stopSignal', signal),

  'lxc.cap.drop': several('capDrop'),
  'lxc.cap.keep': keep,
  'lxc.no_new_privs': one('noNewPrivileges', zeroOrOne),
  'lxc.seccomp.profile': one('seccompProfile', (text) => text),
  'lxc.seccomp.allow_nesting': without('filters are always stacked'),
  'lxc.seccomp.notify.proxy': noticed('there is no proxy of system calls'),
  'lxc.seccomp.notify.cookie': without('there is no proxy of system calls'),
  'lxc.prlimit.*': prlimit,
  'lxc.sysctl.*': sysctl,
  'lxc.proc.*': proc,
  'lxc.idmap': mapIdentities,
  'lxc.namespace.keep': several('keptNamespaces'),
  'lxc.namespace.clone': several('clonedNamespaces'),
  'lxc.namespace.share.*': (config, value, _, name) => void config.sharedNamespaces.set(name, value),
  'lxc.time.offset.boot': offset('boottime'),
  'lxc.time.offset.monotonic': offset('monotonic'),
  'lxc.sched.core': (_, value) => {
    if (value !== '' && zeroOrOne(value)) throw new ValueError('core scheduling is not supported; give 0');
  },

  'lxc.ephemeral': one('ephemeral', zeroOrOne),
  'lxc.start.auto': one('autostart', zeroOrOne),
  'lxc.start.delay': one('startDelay', count),
  'lxc.start.order': one('startOrder', integer(-(2 ** 31), 2 ** 31 - 1)),
  'lxc.group': several('startGroups'),

  'lxc.hook.version': one('hookVersion', (text) => (zeroOrOne(text) ? 1 : 0)),
  'lxc.hook.*': hook,

  'lxc.tty.max': without('there is the console and no further terminal; attach gives as many as are wanted'),
  'lxc.tty.dir': without('there is the console and no further terminal'),
  'lxc.pty.max': without('a container has a devpts of its own, with the kernel’s limit'),
  'lxc.autodev': one('autodev', zeroOrOne),
  'lxc.autodev.tmpfs.size': without('/dev is always made'),
  'lxc.console.path': one('consolePath', (text) => text),
  'lxc.console.logfile': one('consoleLog', (text) => text),
  'lxc.console.buffer.size': without('the log is kept by the library: cloner logs'),
  'lxc.console.size': without('the log is kept by the library: cloner logs'),
  'lxc.console.rotate': without('the log is kept, and rotated, by the library'),
  'lxc.log.level': one('logLevel', logLevel),
  'lxc.log.file': without('errors are told where they happen'),
  'lxc.log.syslog': without('errors are told where they happen'),
  'lxc.apparmor.*': without('no profile of AppArmor is made or loaded'),
  'lxc.selinux.*': without('no context of SELinux is set'),
  'lxc.keyring.session': without('the default system call filter allows no keyrings'),
  'lxc.monitor.*': without('the monitor is the library’s'),
};

/** `lxc.net` and `lxc.net.N` without a value forget what was said before. */
function netKeyOf(name: string): Applied | undefined {
  const [whole, number, below = ''] = /^lxc\.net(?:\.(\d{1,9})(?:\.(.+))?)?$/.exec(name) ?? [];
  if (whole === undefined) return undefined;
  const key = Object.hasOwn(NET_KEYS, below) ? NET_KEYS[below] : undefined;
  if (below !== '' && !key) return undefined;
  return ({ nets }, value) => {
    if (key) {
      const net = nets.get(Number(number)) ?? emptyNet();
      nets.set(Number(number), net);
      key(net, value);
    } else if (value !== '') throw new ValueError('takes no value: without one it forgets the interfaces said before');
    else if (number === undefined) nets.clear();
    else nets.delete(Number(number));
  };
}

/** A key whose `*` is known. */
export type Applied = (config: Config, value: string, entry: Entry) => void;

/** What a name does; of patterns the longest that fits. */
export function keyOf(name: string): Applied | undefined {
  if (Object.hasOwn(KEYS, name)) return (config, value, entry) => (KEYS[name] as Key)(config, value, entry, '');
  const parts = name.split('.');
  for (let length = parts.length - 1; length >= 2; length--) {
    const pattern = `${parts.slice(0, length).join('.')}.*`;
    const key = Object.hasOwn(KEYS, pattern) ? KEYS[pattern] : undefined;
    if (key) return (config, value, entry) => key(config, value, entry, parts.slice(length).join('.'));
  }
  return netKeyOf(name);
}
