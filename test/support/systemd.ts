/** A machine's own systemd, or a user's, as the first process of namespaces: it sees cgroup v2 alone, and runs a program. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { probe } from 'cofferdam';
import { execa } from 'execa';
import { randomName } from '../../lib/program/names.ts';
import { tree } from '../../scripts/setup/tree.js';
import { makeBusybox, temporary } from './rootfs.ts';

const SYSTEMD = '/lib/systemd/systemd';

/** Why it cannot be had, or false. */
export const noSystemd: string | false = existsSync(SYSTEMD) ? false : 'systemd is not installed';

const unified = (): string =>
  /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1] ?? '';

/** Without the units of this machine: what `target` wants is all that is started. What the programs need is below /run. */
const BOOT = `
mount -t proc proc /proc
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 run /mnt
mkdir -p /mnt/systemd /mnt/out /mnt/tree /mnt/rootfs
mount --bind "$1" /mnt/out
mount --rbind "$2" /mnt/tree
mount --bind "$3" /mnt/rootfs
cp -r "$1/system" "$1/user" /mnt/systemd
mount -n --move /mnt /run
exec env -i container=other PATH="$PATH" "$4" --system --unit=test.target --log-target=console --show-status=0
`;

function removeTree(path: string): void {
  for (const name of readdirSync(path)) if (statSync(`${path}/${name}`).isDirectory()) removeTree(`${path}/${name}`);
  rmdirSync(path);
}

/** Of the system's manager and of a user's, by name. */
export type Units = Record<'system' | 'user', Record<string, string>>;

/**
 * Boot, with these units, and wait until it ends itself. 'test.target' wants all of the system's.
 * @returns what the program wrote to /run/out/result, from JSON
 */
export async function bootSystemd(units: Units): Promise<{ id: string }> {
  const directory = temporary('systemd');
  chmodSync(directory, 0o777);
  const wants = `[Unit]\nDefaultDependencies=no\nWants=${Object.keys(units.system).join(' ')}\n`;
  for (const [manager, texts] of Object.entries({ ...units, system: { ...units.system, 'test.target': wants } })) {
    mkdirSync(`${directory}/${manager}`);
    for (const [name, text] of Object.entries(texts)) writeFileSync(`${directory}/${manager}/${name}`, text);
  }
  // Also a plain user's programs look into it.
  const rootfs = makeBusybox();
  chmodSync(rootfs, 0o755);
  const cgroup = `${unified()}/test-${randomName()}`;
  const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--propagation', 'private', '--fork', '--kill-child'];
  // Only who becomes systemd is in the cgroup that is its root: it could not hand down controllers with anybody else there.
  const enter = `echo 0 >${cgroup}/cgroup.procs && exec unshare --cgroup "$@"`;
  const boot = ['unshare', ...namespaces, 'sh', '-ec', enter, 'sh', 'sh', '-ec', BOOT, 'sh'];
  mkdirSync(cgroup);
  // Pure v2: what is below the root has the controllers that it hands down.
  if (probe().cgroups === 'v2') writeFileSync(`${unified()}/cgroup.subtree_control`, '+cpu +memory +pids');
  try {
    const { all } = await execa(boot[0] as string, [...boot.slice(1), directory, tree, rootfs, SYSTEMD], {
      all: true,
      reject: false,
      stdin: 'ignore',
    });
    const result = existsSync(`${directory}/result`) ? readFileSync(`${directory}/result`, 'utf8') : '';
    if (!result.startsWith('{')) throw new Error(`${result}\nsystemd's console: ${all}`);
    return JSON.parse(result);
  } finally {
    if (existsSync(cgroup)) removeTree(cgroup);
  }
}

/** Why a bus cannot be had, or false. */
export const noBus: string | false =
  noSystemd ||
  (existsSync('/usr/bin/dbus-daemon') && existsSync('/usr/share/dbus-1/system.conf')
    ? false
    : "there is no system bus (Debian's package dbus)");

/** The system bus as Debian's own units have it: systemd joins a bus whose socket and service have these names. */
export const BUS_UNITS: Record<string, string> = {
  'dbus.socket': '[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n',
  'dbus.service': [
    ...['[Unit]', 'DefaultDependencies=no', 'Requires=dbus.socket', 'After=dbus.socket'],
    ...['[Service]', 'Type=notify', 'NotifyAccess=main'],
    'ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation',
    '',
  ].join('\n'),
};

/** Lines of a program's [Service] section: once systemd is on the bus, it cannot be had in any other way. */
export const OVER_BUS =
  'ExecStartPre=/bin/sh -c "until busctl status org.freedesktop.systemd1 >/dev/null 2>&1; do sleep 0.1; done; rm /run/systemd/private"';

/** A unit that runs `source` as a Node program, whose end is its manager's. @param before a line of its [Service] section */
export const programUnit = (source: string, before = ''): string =>
  [
    ...['[Unit]', 'DefaultDependencies=no', 'SuccessAction=exit-force', 'FailureAction=exit-force'],
    ...['[Service]', 'Type=oneshot', 'WorkingDirectory=/run/tree', 'StandardOutput=file:/run/out/result'],
    before,
    `ExecStart=${process.execPath} --input-type=module --eval ${quoted(source)}`,
    '',
  ].join('\n');

/** systemd.service(5), "Command lines". */
const quoted = (text: string): string =>
  `"${text.trim().replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
