/** Names of LXC 2 and before, and what they became. */
const RENAMED: Readonly<Record<string, string>> = {
  'lxc.utsname': 'lxc.uts.name',
  'lxc.rootfs': 'lxc.rootfs.path',
  'lxc.rootfs.backend': 'lxc.rootfs.path',
  'lxc.mount': 'lxc.mount.fstab',
  'lxc.id_map': 'lxc.idmap',
  'lxc.tty': 'lxc.tty.max',
  'lxc.pts': 'lxc.pty.max',
  'lxc.devttydir': 'lxc.tty.dir',
  'lxc.console': 'lxc.console.path',
  'lxc.aa_profile': 'lxc.apparmor.profile',
  'lxc.se_context': 'lxc.selinux.context',
  'lxc.seccomp': 'lxc.seccomp.profile',
  'lxc.init_cmd': 'lxc.init.cmd',
  'lxc.init_uid': 'lxc.init.uid',
  'lxc.init_gid': 'lxc.init.gid',
  'lxc.haltsignal': 'lxc.signal.halt',
  'lxc.rebootsignal': 'lxc.signal.reboot',
  'lxc.stopsignal': 'lxc.signal.stop',
  'lxc.loglevel': 'lxc.log.level',
  'lxc.logfile': 'lxc.log.file',
};

/** What an old name is now. */
export function today(name: string): string | undefined {
  const [, kind, rest = ''] = /^lxc\.(network|limit)\.(.+)$/.exec(name) ?? [];
  if (kind === 'limit') return `lxc.prlimit.${rest}`;
  if (kind === 'network') return `lxc.net.0.${rest.replace(/^(ipv[46])$/, '$1.address')}`;
  return Object.hasOwn(RENAMED, name) ? RENAMED[name] : undefined;
}
